import type { RunState } from '../../model/run-states.js';
import { placeOf } from '../place.js';
import type { ServiceEvent } from '../service-event.js';
import type { JobRun } from './job-runs.js';

/** What EMR Serverless tells EventBridge of a run that has changed its state (User Guide, "Job run state change event"). */
export function stateEvent(run: JobRun, previousState: RunState): ServiceEvent {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  return {
    source: 'aws.emr-serverless',
    detailType: 'EMR Serverless Job Run State Change',
    resources: [],
    ...placeOf(run.arn),
    detail: {
      jobRunId: run.jobRunId,
      ...(run.name !== undefined && { jobRunName: run.name }),
      applicationId: run.applicationId,
      arn: run.arn,
      releaseLabel: run.releaseLabel,
      state: run.state,
      previousState,
      createdBy: run.createdBy,
      updatedAt: at(run.updatedAt),
      createdAt: at(run.createdAt),
    },
  };
}
