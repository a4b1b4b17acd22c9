// Every construct in use, by its deep path: the index of the AWS provider's package costs 2 s and 500 MB.
// CommonJS, as these packages are: a module that ESM imports from CommonJS is parsed twice more, for its kind and its
// names, which took longer than loading it. Nothing else is in this file.
export {
  App,
  Fn,
  type ITerraformDependable,
  LocalBackend,
  S3Backend,
  TerraformElement,
  TerraformOutput,
  type TerraformProvider,
  TerraformResource,
  TerraformStack,
} from 'cdktf';
export { Construct, type Node } from 'constructs';
export { AthenaNamedQuery } from '@cdktf/provider-aws/lib/athena-named-query/index.js';
export { AthenaWorkgroup } from '@cdktf/provider-aws/lib/athena-workgroup/index.js';
export { BudgetsBudget } from '@cdktf/provider-aws/lib/budgets-budget/index.js';
export { CeAnomalyMonitor } from '@cdktf/provider-aws/lib/ce-anomaly-monitor/index.js';
export { CeAnomalySubscription } from '@cdktf/provider-aws/lib/ce-anomaly-subscription/index.js';
export { CloudwatchCompositeAlarm } from '@cdktf/provider-aws/lib/cloudwatch-composite-alarm/index.js';
export { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js';
export { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js';
export { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target/index.js';
export { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
export {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js';
export { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity/index.js';
export { DataAwsIamSessionContext } from '@cdktf/provider-aws/lib/data-aws-iam-session-context/index.js';
export { DataAwsLakeformationDataLakeSettings } from '@cdktf/provider-aws/lib/data-aws-lakeformation-data-lake-settings/index.js';
export { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter/index.js';
export { DataAwsSsmParametersByPath } from '@cdktf/provider-aws/lib/data-aws-ssm-parameters-by-path/index.js';
export { DefaultNetworkAcl } from '@cdktf/provider-aws/lib/default-network-acl/index.js';
export { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group/index.js';
export { Eip } from '@cdktf/provider-aws/lib/eip/index.js';
export { EmrserverlessApplication } from '@cdktf/provider-aws/lib/emrserverless-application/index.js';
export { FlowLog } from '@cdktf/provider-aws/lib/flow-log/index.js';
export { GlueCatalogDatabase } from '@cdktf/provider-aws/lib/glue-catalog-database/index.js';
export { GlueCatalogTable } from '@cdktf/provider-aws/lib/glue-catalog-table/index.js';
export { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js';
export { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
export { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
export { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
export { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js';
export { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias/index.js';
export { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
export { LakeformationDataLakeSettings } from '@cdktf/provider-aws/lib/lakeformation-data-lake-settings/index.js';
export { LakeformationLfTag } from '@cdktf/provider-aws/lib/lakeformation-lf-tag/index.js';
export { LakeformationPermissions } from '@cdktf/provider-aws/lib/lakeformation-permissions/index.js';
export {
  LakeformationResourceLfTag,
  type LakeformationResourceLfTagConfig,
} from '@cdktf/provider-aws/lib/lakeformation-resource-lf-tag/index.js';
export { LakeformationResource } from '@cdktf/provider-aws/lib/lakeformation-resource/index.js';
export { MwaaEnvironment } from '@cdktf/provider-aws/lib/mwaa-environment/index.js';
export { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway/index.js';
export { NetworkAcl } from '@cdktf/provider-aws/lib/network-acl/index.js';
export { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
export { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association/index.js';
export { RouteTable } from '@cdktf/provider-aws/lib/route-table/index.js';
export { Route } from '@cdktf/provider-aws/lib/route/index.js';
export { S3BucketInventory } from '@cdktf/provider-aws/lib/s3-bucket-inventory/index.js';
export {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js';
export { S3BucketLoggingA } from '@cdktf/provider-aws/lib/s3-bucket-logging/index.js';
export { S3BucketNotification } from '@cdktf/provider-aws/lib/s3-bucket-notification/index.js';
export { S3BucketObjectLockConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration/index.js';
export { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js';
export { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js';
export { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js';
export { S3BucketReplicationConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-replication-configuration/index.js';
export { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
export { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js';
export { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
export { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
export { SecretsmanagerSecretPolicy } from '@cdktf/provider-aws/lib/secretsmanager-secret-policy/index.js';
export { SecretsmanagerSecretRotation } from '@cdktf/provider-aws/lib/secretsmanager-secret-rotation/index.js';
export { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
export { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
export { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy/index.js';
export { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
export { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
export { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue/index.js';
export { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter/index.js';
export { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js';
export { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint/index.js';
export { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js';
export { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
export { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
