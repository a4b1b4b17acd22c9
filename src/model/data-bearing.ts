/** Types of resources whose destruction loses data, or the only way to read it, that no apply brings back. */
const types: ReadonlySet<string> = new Set([
  'aws_s3_bucket',
  'aws_glue_catalog_database',
  'aws_glue_catalog_table',
  'aws_kms_key',
  'aws_kms_replica_key',
  'aws_dynamodb_table',
]);

/** Whether a Terraform resource of this type holds data. */
export function holdsData(type: string): boolean {
  return types.has(type);
}
