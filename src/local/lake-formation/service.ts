/** Lake Formation: settings, locations, LF-tags and their assignment, permissions, data cells filters. */
import { parseJson } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type { Service, ServiceContext } from '../service.js';
import { assignmentOperations } from './assignments.js';
import { recordCreated } from './created-resources.js';
import type { CreatedResource } from './created-resources.js';
import { DataCatalog } from './data-catalog.js';
import { filterOperations } from './filters.js';
import { forget } from './forgetting.js';
import type { Deleted } from './forgetting.js';
import { locationOperations } from './locations.js';
import { permissionOperations } from './permissions.js';
import { LakeFormationStore } from './state.js';
import { tagOperations } from './tags.js';

/** Lake Formation is told what the Data Catalog makes and deletes. */
export interface LakeFormationService extends Service {
  recordCreated(created: CreatedResource): void;
  forget(deleted: Deleted): void;
}

export function createLakeFormationService(context: ServiceContext): Promise<LakeFormationService> {
  const store = new LakeFormationStore(context.stateDirectory);
  const catalog = new DataCatalog(context.endpoint, context.account, context.region);
  const operations: Readonly<Record<string, Operation>> = {
    ...locationOperations(store),
    ...tagOperations(store),
    ...assignmentOperations(store, catalog),
    ...permissionOperations(store, catalog),
    ...filterOperations(store, catalog),
  };
  return Promise.resolve({
    scope: 'lakeformation',
    handle: async ({ method, path, body, account }) => {
      const name = path.replace(/^\//, '');
      const found = method === 'POST' && Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (!found) {
        throw new ServiceError(
          501,
          'UnsupportedOperationException',
          `The local endpoint's Lake Formation has no ${name === '' ? method : name}.`,
        );
      }
      try {
        return { status: 200, body: await found(parseJson(body), { account }) };
      } finally {
        store.write();
      }
    },
    recordCreated: (created) => {
      recordCreated(store, created, context.account);
      store.write();
    },
    forget: (deleted) => {
      forget(store, deleted);
      store.write();
    },
    // Everything has been written by the time it was answered.
    stop: () => Promise.resolve(),
  });
}
