/**
 * The form in which an instance is kept: what each part writes into its folder, and where. Raise it with every change
 * after which this endpoint could not take up an instance that an earlier one has left; checkpoints are refused by it.
 */
export const stateFormat = 2;

/**
 * What lies in an instance's folder but belongs to one start of the endpoint or to one project: logs, what Terraform
 * prepares for a folder and makes again where it is missing, and the working folders of job runs, whose links lead into
 * the folder itself. Everything else is what the instance knows, and holds neither a port nor a path of this machine.
 */
export const ofOneProject: readonly RegExp[] = [
  /^ministack\/(?:tmp|ministack\.log)$/,
  /^moto\/moto\.log$/,
  /^terraform\/[^/]+\/(?:locks|\.[^/]*|[^/]*\.backup)$/,
  /^terraform\/[^/]+\/(?!unlocks\/)[^/]+\/(?!applied$)/,
  /^emr-serverless\/(?:training|training\.log|class-data|staged)$/,
];
