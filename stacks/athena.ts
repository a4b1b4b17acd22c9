import { AthenaNamedQuery, AthenaWorkgroup, Construct } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import type { NamedQuery } from '../src/project/named-queries.js';
import { literal } from './literal.js';

export interface AthenaProps {
  readonly environment: Environment;
  readonly queries: readonly NamedQuery[];
  readonly operationsKeyArn: string;
}

/** The workgroup everybody queries through: results in one place, encrypted, whatever a client asks for. */
export class Athena extends Construct {
  readonly workgroup: AthenaWorkgroup;

  constructor(scope: Construct, id: string, { environment, queries, operationsKeyArn }: AthenaProps) {
    super(scope, id);
    this.workgroup = new AthenaWorkgroup(this, 'workgroup', {
      name: names.workgroup(environment),
      description: `Queries over the lake of ${environment.prefix}`,
      // Its history goes with it, where that is not worth keeping.
      forceDestroy: !environment.protected,
      configuration: {
        enforceWorkgroupConfiguration: true,
        publishCloudwatchMetricsEnabled: true,
        requesterPaysEnabled: false,
        bytesScannedCutoffPerQuery: environment.athena.maximumScanGb * 1024 ** 3,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: names.queryResults(environment),
          // A bucket of this name in somebody else's account gets no results.
          expectedBucketOwner: environment.account,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKeyArn: operationsKeyArn },
        },
      },
    });
    for (const query of queries) {
      new AthenaNamedQuery(this, `query_${query.name}`, {
        name: query.name,
        workgroup: this.workgroup.id,
        database: names.database(environment, query.layer),
        query: literal(query.sql),
      });
    }
  }
}
