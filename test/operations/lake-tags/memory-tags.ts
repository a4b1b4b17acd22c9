import type { LakeTags, TagBearer, Undone } from '../../../src/aws/lake-tags.js';
import { DataplatError } from '../../../src/model/errors.js';
import { grantKey, targetName, type Assignment, type Grant } from '../../../src/model/tag-declaration.js';

/** Lake Formation's tags in memory, as strict as it is, with a record of the calls that change something. */
export class MemoryTags implements LakeTags {
  readonly keys = new Map<string, readonly string[]>();
  /** What is there to bear tags: `database` or `database.table`, with the tags of each thing by its name. */
  readonly things = new Map<string, Map<string, Assignment>>();
  held: Grant[] = [];
  readonly calls: string[] = [];
  /** How many more calls do not know of tags that were just made. */
  late = 0;
  /** Calls that somebody else's come in between of. */
  conflicts = 0;
  /** Principals that Lake Formation does not take. */
  readonly unknown = new Set<string>();

  put(...things: readonly string[]): void {
    for (const thing of things) this.things.set(thing, new Map());
  }

  bear(assignment: Assignment): void {
    const { database, table } = assignment;
    const thing = this.things.get(targetName({ database, ...(table !== undefined && { table }) }));
    if (!thing) throw new Error(`there is no ${targetName(assignment)}`);
    thing.set(`${targetName(assignment)} ${assignment.key}`, assignment);
  }

  ontology: LakeTags['ontology'] = () => Promise.resolve(new Map(this.keys));

  assignments: LakeTags['assignments'] = (bearer) => {
    const thing = this.things.get(targetName(bearer));
    return Promise.resolve(thing && [...thing.values()]);
  };

  grants: LakeTags['grants'] = (principal) =>
    Promise.resolve(this.held.filter((grant) => grant.principal === principal));

  allGrants: LakeTags['allGrants'] = () => Promise.resolve([...this.held]);

  createTag: LakeTags['createTag'] = (key, values) => {
    if (this.keys.has(key)) return Promise.reject(refused('InvalidInputException'));
    return this.change(`create ${key}`, () => this.keys.set(key, values));
  };

  addValues: LakeTags['addValues'] = (key, values) =>
    this.change(`add ${key}=${values.join(',')}`, () =>
      this.keys.set(key, [...(this.keys.get(key) ?? []), ...values]),
    );

  removeValues: LakeTags['removeValues'] = (key, values) => {
    const borne = [...this.things.values()]
      .flatMap((thing) => [...thing.values()])
      .some((one) => one.key === key && values.includes(one.value));
    if (borne) return Promise.reject(refused('InvalidInputException'));
    return this.change(`remove ${key}=${values.join(',')}`, () =>
      this.keys.set(
        key,
        (this.keys.get(key) ?? []).filter((value) => !values.includes(value)),
      ),
    );
  };

  assign: LakeTags['assign'] = (to, tags) =>
    this.tag('assign', to, tags, (assignment) => {
      this.bear(assignment);
    });

  takeAway: LakeTags['takeAway'] = (from, tags) =>
    this.tag('take away', from, tags, (assignment) => {
      const { database, table } = assignment;
      this.things
        .get(targetName({ database, ...(table !== undefined && { table }) }))
        ?.delete(`${targetName(assignment)} ${assignment.key}`);
    });

  grant: LakeTags['grant'] = (grants) =>
    this.each('grant', grants, (grant) => {
      const others = this.held.filter((one) => grantKey(one) !== grantKey(grant));
      const before = this.held.find((one) => grantKey(one) === grantKey(grant))?.permissions ?? [];
      this.held = [...others, { ...grant, permissions: [...new Set([...before, ...grant.permissions])] }];
    });

  revoke: LakeTags['revoke'] = (grants) =>
    this.each('revoke', grants, (grant) => {
      this.held = this.held.flatMap((one) => {
        if (grantKey(one) !== grantKey(grant)) return [one];
        const permissions = one.permissions.filter((permission) => !grant.permissions.includes(permission));
        return permissions.length > 0 ? [{ ...one, permissions }] : [];
      });
    });

  private async tag(
    what: string,
    { database, table, columns }: TagBearer,
    tags: Readonly<Record<string, string>>,
    change: (assignment: Assignment) => void,
  ): Promise<Undone<string>[]> {
    if (this.late > 0) {
      this.late -= 1;
      throw refused('EntityNotFoundException');
    }
    this.require();
    const target = { database, ...(table !== undefined && { table }) };
    this.calls.push(`${what} ${targetName(target)} ${Object.keys(tags).join(',')}`);
    return Promise.resolve(
      Object.entries(tags).flatMap(([key, value]): Undone<string>[] => {
        if (!this.keys.get(key)?.includes(value))
          return [{ part: key, code: 'EntityNotFoundException', message: 'no such tag' }];
        for (const column of columns ?? [undefined])
          change({ ...target, ...(column !== undefined && { column }), key, value });
        return [];
      }),
    );
  }

  private each(
    what: string,
    grants: readonly Grant[],
    change: (grant: Grant) => void,
  ): Promise<Undone<Grant>[]> {
    this.calls.push(`${what} ${grants.length}`);
    return Promise.resolve(
      grants.flatMap((part): Undone<Grant>[] => {
        if (this.unknown.has(part.principal))
          return [{ part, code: 'InvalidInputException', message: 'Invalid principal' }];
        change(part);
        return [];
      }),
    );
  }

  private async change(call: string, make: () => void): Promise<void> {
    this.require();
    this.calls.push(call);
    make();
    return Promise.resolve();
  }

  private require(): void {
    if (this.conflicts === 0) return;
    this.conflicts -= 1;
    throw refused('ConcurrentModificationException');
  }
}

function refused(awsCode: string): DataplatError {
  return new DataplatError('DP4003', awsCode, { data: { awsCode } });
}
