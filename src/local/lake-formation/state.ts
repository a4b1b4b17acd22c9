/** What Lake Formation knows, and its file. */
import { join } from 'node:path';
import { readJson, writeWhole } from '../files.js';
import { ServiceError } from '../service.js';
import type {
  DataCellsFilter,
  DataLakeSettings,
  Principal,
  PrincipalPermissions,
  Resource,
} from './shapes.js';

export interface RegisteredLocation {
  readonly ResourceArn: string;
  readonly RoleArn: string;
  /** Seconds since 1970. */
  readonly LastModified: number;
  readonly WithFederation: boolean;
  readonly HybridAccessEnabled: boolean;
  readonly WithPrivilegedAccess: boolean;
  readonly ExpectedResourceOwnerAccount?: string;
}

export interface Grant {
  readonly principal: Principal;
  readonly resource: Resource;
  readonly permissions: readonly string[];
  readonly grantable: readonly string[];
  readonly lastUpdated: number;
  readonly lastUpdatedBy: string;
}

/** One value a key. */
export type Tags = Readonly<Record<string, string>>;

/** Changed by replacing what is below the first level: a draft shares that with the state before. */
export interface LakeFormationState {
  settings: Readonly<DataLakeSettings>;
  /** What a database gives its new tables, by the name of the database. */
  tableDefaults: Record<string, readonly PrincipalPermissions[]>;
  locations: RegisteredLocation[];
  /** Values by key, in the order in which they were made. */
  tags: Record<string, readonly string[]>;
  /** Tags assigned to a resource itself, by `assignmentKey`. */
  assignments: Record<string, Tags>;
  grants: Grant[];
  filters: DataCellsFilter[];
}

/** What an account has that has never touched Lake Formation: IAM alone decides about new databases and tables. */
const untouched = (): LakeFormationState => {
  const iamAlone = [
    { Principal: { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, Permissions: ['ALL'] },
  ];
  return {
    settings: {
      CreateDatabaseDefaultPermissions: iamAlone,
      CreateTableDefaultPermissions: iamAlone,
    },
    tableDefaults: {},
    locations: [],
    tags: {},
    assignments: {},
    grants: [],
    filters: [],
  };
};

export class LakeFormationStore {
  readonly #file: string;
  #state: LakeFormationState;
  #isWritten = true;

  constructor(directory: string) {
    this.#file = join(directory, 'state.json');
    this.#state = { ...untouched(), ...readJson<LakeFormationState>(this.#file) };
  }

  get state(): Readonly<LakeFormationState> {
    return this.#state;
  }

  /** Changes the state as a whole; if `change` throws, nothing has changed. It is kept once it is written. */
  change<Made>(change: (state: LakeFormationState) => Made): Made {
    const { settings, tableDefaults, locations, tags, assignments, grants, filters } = this.#state;
    const draft = {
      settings,
      tableDefaults: { ...tableDefaults },
      locations: [...locations],
      tags: { ...tags },
      assignments: { ...assignments },
      grants: [...grants],
      filters: [...filters],
    };
    const made = change(draft);
    this.#state = draft;
    this.#isWritten = false;
    return made;
  }

  /** Writes what has changed: once for all that one call asks for, before it is answered. */
  write(): void {
    if (this.#isWritten) return;
    writeWhole(this.#file, JSON.stringify(this.#state));
    this.#isWritten = true;
  }
}

/** Where the tags of a database, a table or a column are kept. Names in the Data Catalog hold no slash. */
export function assignmentKey(database: string, table?: string, column?: string): string {
  return [database, table, column].filter((part) => part !== undefined).join('/');
}

/** Takes a tag from what is kept under an assignment key, where that bears it. */
export function takeTag(state: LakeFormationState, key: string, tag: string): void {
  const { [tag]: _, ...left } = state.assignments[key] ?? {};
  if (Object.keys(left).length > 0) state.assignments[key] = left;
  else delete state.assignments[key];
}

export function notFound(message: string): ServiceError {
  return new ServiceError(400, 'EntityNotFoundException', message);
}

export function invalid(message: string): ServiceError {
  return new ServiceError(400, 'InvalidInputException', message);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError(400, 'AlreadyExistsException', message);
}
