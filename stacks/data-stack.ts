import type { Construct } from './constructs.cjs';
import { takesScheduledSnapshots } from '../src/model/access.js';
import { keyNames } from '../src/model/keys.js';
import { bucketKinds, layers, replicatedKinds } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { Boundary } from './boundary.js';
import { Encryption } from './encryption.js';
import { GlueCatalog } from './glue-catalog.js';
import { LakeAdministration, LakeFormation } from './lake-formation.js';
import { LifecycleStack } from './lifecycle-stack.js';
import { Replication } from './replication.js';
import { SnapshotsRole } from './snapshots-role.js';
import { Storage } from './storage.js';

/** What outlives everything else: keys, buckets, catalog, and who may read what. */
export class DataStack extends LifecycleStack {
  constructor(scope: Construct, platform: Platform) {
    super(scope, { platform, kind: 'data' });
    const { environment } = platform;

    const encryption = new Encryption(this, 'key', { platform });
    const boundary = new Boundary(this, 'boundary', { environment, keyArns: encryption.arns });
    const storage = new Storage(this, 'bucket', { platform, encryption });
    const { replication } = environment.lake;
    if (replication) {
      new Replication(this, 'dr', {
        platform,
        encryption,
        storage,
        boundaryArn: boundary.arn,
        settings: replication,
        provider: this.inRegion('dr', replication.region),
      });
    }
    const snapshots = takesScheduledSnapshots(environment)
      ? new SnapshotsRole(this, 'snapshots', { environment, keyArns: encryption.arns })
      : undefined;
    const administration = new LakeAdministration(this, 'lake', {
      environment,
      ...(snapshots && { reader: snapshots.role }),
    });
    const catalog = new GlueCatalog(this, 'catalog', { platform, after: administration.settings });
    const lake = new LakeFormation(this, 'lakeformation', {
      platform,
      administration,
      storage,
      encryption,
      boundary,
      catalog,
    });

    for (const key of keyNames) {
      this.publish(`kms/${key}-key-arn`, encryption.keys[key].arn);
      this.output(`${key}_key_arn`, encryption.keys[key].arn);
    }
    for (const kind of bucketKinds) this.output(`${kind}_bucket`, storage.buckets[kind].bucket);
    if (replication) {
      for (const kind of replicatedKinds) {
        this.output(`${kind}_replica_bucket`, names.replicaBucket(environment, kind));
      }
    }
    for (const layer of layers) this.output(`${layer}_database`, names.database(environment, layer));
    for (const layer of layers) this.output(`${layer}_lake_role_arn`, lake.accessRoles[layer].arn);
  }
}
