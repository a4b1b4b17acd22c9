/** The folders of the logs bucket: each is kept for its own time. */
export const logFolders = {
  /** S3's own access logs, a folder a bucket. */
  access: 's3-access/',
  /** S3's lists of what is in the data buckets. */
  inventory: 'inventory/',
  /** What EMR Serverless writes of the runs. */
  runs: 'emr/',
  queryResults: 'athena/',
  /** Pages of what the checks of data quality found, a folder a job. */
  dataDocs: 'data-docs/',
} as const;
