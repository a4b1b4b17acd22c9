/** What the credential of a signed request says; signatures are not checked (simulated: any key is good). */
export interface Scope {
  readonly accessKey: string;
  /** Missing where the request is signed for a set of regions (SigV4A). */
  readonly region?: string;
  /** The service's signing name, for example `s3`, `emr-serverless`, `airflow` (MWAA), `monitoring` (CloudWatch). */
  readonly service: string;
}

/** Reads the SigV4 scope from the `Authorization` header, or from the query of a presigned request. */
export function signedScope(authorization: string | undefined, query: URLSearchParams): Scope | undefined {
  const credential =
    /\bCredential=([^,\s]+)/.exec(authorization ?? '')?.[1] ?? query.get('X-Amz-Credential') ?? undefined;
  if (credential !== undefined) {
    const parts = credential.split('/');
    if (parts.length < 4 || parts.at(-1) !== 'aws4_request') return undefined;
    const service = parts.at(-2);
    if (service === undefined || service === '') return undefined;
    // Counted from the end: an access key may hold a slash.
    const regional = parts.length >= 5 && !/^\d{8}$/.test(parts.at(-3) ?? '');
    const region = regional ? parts.at(-3) : undefined;
    const accessKey = parts.slice(0, regional ? -4 : -3).join('/');
    return { accessKey, service, ...(region !== undefined && { region }) };
  }
  // Signature version 2, which some old S3 clients still speak.
  const old = /^AWS ([^:\s]+):/.exec(authorization ?? '')?.[1] ?? query.get('AWSAccessKeyId') ?? undefined;
  return old === undefined ? undefined : { accessKey: old, service: 's3' };
}
