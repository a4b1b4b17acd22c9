/** The shapes of MWAA's requests, as AWS documents them. */
import { z } from 'zod';

const logLevel = z.enum(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG']);
const moduleLogging = z.object({ Enabled: z.boolean(), LogLevel: logLevel });

export const logModules = [
  'DagProcessingLogs',
  'SchedulerLogs',
  'TaskLogs',
  'WebserverLogs',
  'WorkerLogs',
] as const;
export type LogModule = (typeof logModules)[number];

const loggingConfiguration = z.object({
  DagProcessingLogs: moduleLogging.optional(),
  SchedulerLogs: moduleLogging.optional(),
  TaskLogs: moduleLogging.optional(),
  WebserverLogs: moduleLogging.optional(),
  WorkerLogs: moduleLogging.optional(),
});
export type LoggingConfiguration = z.infer<typeof loggingConfiguration>;

export const environmentName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[a-zA-Z][0-9a-zA-Z_-]*$/);

const arn = (service: string): z.ZodString =>
  z.string().regex(new RegExp(`^arn:aws[\\w-]*:${service}:.+$`), `not an ARN of ${service}`);

export const tags = z.record(z.string().min(1).max(128), z.string().max(256));

const securityGroups = z.array(z.string().regex(/^sg-/)).min(1).max(5);

/** What both creating and updating may set. */
const settings = {
  AirflowConfigurationOptions: z.record(z.string(), z.string()).optional(),
  AirflowVersion: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/)
    .optional(),
  EnvironmentClass: z
    .string()
    .regex(/^mw1\.(?:micro|small|medium|large|xlarge|2xlarge)$/)
    .optional(),
  LoggingConfiguration: loggingConfiguration.optional(),
  MaxWebservers: z.number().int().min(1).max(5).optional(),
  MaxWorkers: z.number().int().min(1).optional(),
  MinWebservers: z.number().int().min(1).max(5).optional(),
  MinWorkers: z.number().int().min(1).optional(),
  PluginsS3ObjectVersion: z.string().optional(),
  PluginsS3Path: z.string().optional(),
  RequirementsS3ObjectVersion: z.string().optional(),
  RequirementsS3Path: z.string().optional(),
  Schedulers: z.number().int().min(1).max(5).optional(),
  StartupScriptS3ObjectVersion: z.string().optional(),
  StartupScriptS3Path: z.string().optional(),
  WebserverAccessMode: z.enum(['PRIVATE_ONLY', 'PUBLIC_ONLY', 'PUBLIC_AND_PRIVATE']).optional(),
  WeeklyMaintenanceWindowStart: z
    .string()
    .regex(/^(?:MON|TUE|WED|THU|FRI|SAT|SUN):(?:[01]\d|2[0-3]):(?:00|30)$/)
    .optional(),
};

export const createInput = z.object({
  ...settings,
  DagS3Path: z.string().min(1).max(1024),
  ExecutionRoleArn: arn('iam'),
  SourceBucketArn: arn('s3'),
  NetworkConfiguration: z.object({
    SubnetIds: z.array(z.string().regex(/^subnet-/)).length(2, 'two subnets in different zones are needed'),
    SecurityGroupIds: securityGroups.optional(),
  }),
  EndpointManagement: z.enum(['SERVICE', 'CUSTOMER']).optional(),
  KmsKey: z.string().optional(),
  Tags: tags.optional(),
});
export type CreateInput = z.infer<typeof createInput>;

export const updateInput = z.object({
  ...settings,
  DagS3Path: z.string().min(1).max(1024).optional(),
  ExecutionRoleArn: arn('iam').optional(),
  SourceBucketArn: arn('s3').optional(),
  NetworkConfiguration: z.object({ SecurityGroupIds: securityGroups }).optional(),
  WorkerReplacementStrategy: z.enum(['FORCED', 'GRACEFUL']).optional(),
});
export type UpdateInput = z.infer<typeof updateInput>;

export const restApiInput = z.object({
  // Below the API of Airflow, and nowhere else on its server.
  Path: z
    .string()
    .min(1)
    .regex(/^[^?#]*$/, 'the query goes into QueryParameters')
    .refine(
      (path) => !path.split('/').some((part) => /^(?:\.|%2e){1,2}$/i.test(part)),
      'no path below the API',
    ),
  Method: z.enum(['GET', 'PUT', 'POST', 'PATCH', 'DELETE']),
  QueryParameters: z.record(z.string(), z.unknown()).optional(),
  Body: z.unknown().optional(),
});
export type RestApiInput = z.infer<typeof restApiInput>;
