import { type CloudwatchLogGroup, Construct, EmrserverlessApplication } from './constructs.cjs';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import { logGroup } from './log-groups.js';
import type { Networking } from './networking.js';

export interface ComputeProps {
  readonly environment: Environment;
  readonly networking: Networking;
  readonly operationsKeyArn: string;
}

/**
 * The Spark application: it starts with the first run and stops when idle, so that it costs nothing in between. The
 * release is pinned, and runs on EMR's own image, which AWS patches within the release. This version of the provider
 * knows neither the application's scheduler nor its monitoring nor its Spark defaults: `deploy` sets them from the same
 * declaration (src/operations/deploy/application-settings.ts).
 */
export class Compute extends Construct {
  readonly application: EmrserverlessApplication;
  readonly logGroup: CloudwatchLogGroup;

  constructor(scope: Construct, id: string, { environment, networking, operationsKeyArn }: ComputeProps) {
    super(scope, id);
    const { emr } = environment;
    this.logGroup = logGroup(this, 'logs', {
      environment,
      name: names.jobLogGroup(environment),
      operationsKeyArn,
    });
    this.application = new EmrserverlessApplication(this, 'spark', {
      name: names.application(environment),
      type: 'spark',
      releaseLabel: emr.release,
      architecture: emr.architecture,
      maximumCapacity: {
        cpu: `${emr.maximumCapacity.cpu} vCPU`,
        memory: `${emr.maximumCapacity.memoryGb} GB`,
        disk: `${emr.maximumCapacity.diskGb} GB`,
      },
      ...(emr.initialCapacity && {
        initialCapacity: [
          readyWorkers('Driver', emr.initialCapacity.drivers),
          readyWorkers('Executor', emr.initialCapacity.executors),
        ],
      }),
      // Notebooks and Livy would run code of nobody's release, with nobody's role.
      interactiveConfiguration: { livyEndpointEnabled: false, studioEnabled: false },
      autoStartConfiguration: { enabled: true },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: emr.idleTimeoutMinutes },
      networkConfiguration: {
        subnetIds: networking.privateSubnets.map((subnet) => subnet.id),
        securityGroupIds: [networking.jobs.id],
      },
      dependsOn: [...networking.ways],
    });
  }
}

function readyWorkers(
  kind: 'Driver' | 'Executor',
  { count, cpu, memoryGb }: { readonly count: number; readonly cpu: number; readonly memoryGb: number },
) {
  return {
    initialCapacityType: kind,
    initialCapacityConfig: {
      workerCount: count,
      workerConfiguration: { cpu: `${cpu} vCPU`, memory: `${memoryGb} GB`, disk: '20 GB' },
    },
  };
}
