import { expect } from 'chai';
import { validateProject } from '../../src/model/read-platform.js';
import { edited, lineOf, projectWith } from './project.js';

const events = 'config/schemas/order_events_bronze.json';
const members = 'config/schemas/members_bronze.json';
const copy = 'config/schemas/members_masked_gold.json';

const problemsWith = (changes: Record<string, string>): string[] =>
  validateProject(projectWith(changes)).problems.map(
    ({ location, message, hint }) =>
      `${location.file}:${location.line}:${location.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );

/** Of the contract of members with one mask instead of the one of its column. */
function masking(column: string, mask: string): string[] {
  const text = edited(members, `"${column}": {`, `"${column}": {`);
  const from = text.indexOf(`"${column}": {`);
  const at = text.indexOf('"rule"', from);
  const until = text.indexOf('}', at);
  const changed = `${text.slice(0, at)}${mask}${text.slice(until)}`;
  return problemsWith({ [members]: changed }).map((problem) => problem.replace(/^\S+ /, ''));
}

describe('masks', () => {
  it('of every kind are taken as they are meant', () => {
    expect(masking('email', '"rule": "partial", "show": 4, "from": "start"')).to.deep.equal([]);
    expect(masking('email', '"rule": "generalise", "letters": 2')).to.deep.equal([]);
    expect(masking('born_on', '"rule": "generalise", "to": "year"')).to.deep.equal([]);
    expect(masking('phone', '"rule": "null"')).to.deep.equal([]);
  });

  it('without what their rule needs, with what it does not know, or of the wrong type are refused', () => {
    expect(masking('email', '"rule": "partial"')).to.deep.equal([
      '"email" is masked by partial without "show" (how many letters stay, for example 4)',
    ]);
    expect(masking('email', '"rule": "hash", "show": 4')).to.deep.equal([
      'the rule hash has no setting "show" (there is: it has none)',
    ]);
    expect(masking('email', '"rule": "date-shift", "days": 3')).to.deep.equal([
      '"email" is masked by date-shift and is a string (only dates and times are shifted)',
    ]);
    expect(masking('email', '"rule": "generalise", "to": "year"')).to.deep.equal([
      '"email" is masked by generalise without "letters" (how many letters of its beginning stay, for example 2)',
    ]);
    expect(masking('email', '"rule": "rot13"')[0]).to.match(
      /^"properties.email.x-dataplat.masking.rule" is "rot13"/,
    );
  });

  it('name the place of what is wrong', () => {
    const wrong = edited(members, '"rule": "hash"', '"rule": "partial"');
    expect(problemsWith({ [members]: wrong })).to.deep.equal([
      `${members}:${lineOf(members, '"rule": "hash"')}:19 "full_name" is masked by partial without "show" (how many letters stay, for example 4)`,
    ]);
  });
});

describe('a masked copy', () => {
  const text = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "members_masked_gold",
  "title": "Members, masked",
  "description": "One row for each card holder.",
  "type": "object",
  "properties": {
    "member_id": { "type": "string", "description": "The card's number." },
    "email": {
      "type": ["string", "null"],
      "description": "Hash of the address for offers."
    }
  },
  "required": ["member_id"],
  "additionalProperties": false,
  "x-dataplat": {
    "layer": "gold",
    "table": "members_masked",
    "primaryKey": ["member_id"],
    "partitionedBy": [],
    "owner": "members@example.com",
    "write": "replace",
    "maskedCopyOf": "members_bronze",
    "tags": { "domain": "people", "sensitivity": "internal" }
  }
}
`;
  const lineIn = (piece: string): number => text.slice(0, text.indexOf(piece)).split('\n').length;
  const withCopy = (from = '', to = ''): string[] => {
    expect(text).to.contain(from);
    return problemsWith({ [copy]: text.replace(from, to) });
  };

  it('is of another dataset, and has columns that this has', () => {
    expect(withCopy()).to.deep.equal([]);
    const line = lineIn('"maskedCopyOf"');
    expect(withCopy('"members_bronze"', '"member_bronze"')[0]).to.match(
      new RegExp(`^${copy}:${line}:21 no other dataset "member_bronze" \\(did you mean members_bronze`),
    );
    expect(withCopy('"members_bronze"', '"shops_bronze"')).to.include(
      `${copy}:${line}:21 shops_bronze masks no column (give those of its columns a mask that must not be copied)`,
    );
    expect(withCopy('"email": {', '"mail": {')).to.deep.equal([
      `${copy}:${lineIn('"email": {')}:5 members_bronze has no column "mail" (did you mean email?)`,
    ]);
  });

  it('expects nothing of a hash that only the value keeps, and is written as a whole', () => {
    const [problem, ...others] = withCopy(
      '"description": "Hash of the address',
      '"pattern": "@", "description": "Hash of the address',
    );
    expect(problem).to.equal(
      `${copy}:${lineIn('"email": {')}:14 "email" has pattern, which a mask by hash breaks (take the rule away)`,
    );
    expect(others).to.deep.equal([]);
    expect(withCopy('"write": "replace"', '"write": "append-stream"')).to.deep.equal([
      `${copy}:${lineIn('"write"')}:14 a masked copy is written anew as a whole (expected replace)`,
    ]);
  });
});

describe('masks in place', () => {
  const marker =
    '"masked": { "type": ["string", "null"], "description": "x", "x-dataplat": { "origin": "platform" } },';
  const inPlace = (settings: string, change = (text: string): string => text): string[] => {
    const text = edited(members, '"wants_offers": {', `${marker} "wants_offers": {`)
      .replace(
        '"write": "replace-partition"',
        `"merge": { "orderedBy": ["updated_at"] }, "maskInPlace": ${settings}, "write": "merge"`,
      )
      .replace('"minLength": 1,', '');
    return problemsWith({ [members]: change(text) }).map((problem) => problem.replace(/^\S+ /, ''));
  };
  const withoutPattern = (text: string): string => text.replace('"pattern": "^[^@\\\\s]+@[^@\\\\s]+$",', '');

  it('keep the contract: nothing is expected that a mask breaks, and no key is masked', () => {
    expect(inPlace('{ "markedBy": "masked" }', withoutPattern)).to.deep.equal([]);
    expect(inPlace('{ "markedBy": "masked" }')).to.deep.equal([
      '"email" has pattern, which a mask by hash breaks in place (take the rule away, or mask in a copy ("maskedCopyOf"))',
    ]);
    const keyed = (text: string): string =>
      withoutPattern(text).replace(
        '"pattern": "^MEM-[0-9]{6}$",\n      "description": "The card\'s number."',
        '"description": "x", "x-dataplat": { "masking": { "rule": "hash" } }',
      );
    expect(inPlace('{ "markedBy": "masked" }', keyed)).to.deep.equal([
      '"member_id" is part of the primary key and is masked in place (mask it in a copy ("maskedCopyOf"))',
    ]);
  });

  it('are marked by a text that may be null, and wait for an age that a column tells', () => {
    expect(inPlace('{ "markedBy": "wants_offers" }', withoutPattern)).to.deep.equal([
      '"wants_offers" is no text that may be null, as it is in a row that is not masked (add one, with "origin": "platform")',
    ]);
    expect(inPlace('{ "markedBy": "maskd" }', withoutPattern)).to.deep.equal([
      'no column "maskd" (did you mean masked?)',
    ]);
    expect(inPlace('{ "markedBy": "masked", "after": "90d" }', withoutPattern)).to.deep.equal([
      '"x-dataplat.maskInPlace.since" is missing (how old a row must be, and the column that tells its age, come together)',
    ]);
    expect(
      inPlace('{ "markedBy": "masked", "after": "90d", "since": "shop_id" }', withoutPattern),
    ).to.deep.equal(['"shop_id" is no date or time (expected one)']);
  });
});

describe('maintenance', () => {
  const kept = (settings: string): string[] =>
    problemsWith({
      [events]: edited(
        events,
        '"write": "append-stream",',
        `"write": "append-stream", "maintenance": ${settings},`,
      ),
    }).map((problem) => problem.replace(/^\S+ /, ''));

  it('lays rows by columns that have an order and are no partition', () => {
    expect(kept('{ "clustering": { "by": "zorder", "columns": ["order_id"] } }')).to.deep.equal([]);
    expect(kept('{ "clustering": { "by": "zorder", "columns": ["ingest_date"] } }')).to.deep.equal([
      '"ingest_date" is a partition already (expected another column)',
    ]);
    expect(kept('{ "clustering": { "by": "zorder", "columns": ["order"] } }')).to.deep.equal([
      'no column "order" (did you mean order_id?)',
    ]);
    expect(kept('{ "clustering": { "by": "liquid", "columns": ["order_id"] } }')).to.deep.equal([
      'a table with partitions cannot be clustered by liquid (expected zorder, or no "partitionedBy")',
    ]);
  });

  it('keeps old versions for as long as somebody may be at work on them', () => {
    expect(kept('{ "keepVersions": "30d" }')).to.deep.equal([]);
    expect(kept('{ "keepVersions": "100h" }')).to.deep.equal([
      'old versions are kept for 100h (expected at least 7d: readers and writers may be at work on younger ones)',
    ]);
  });
});
