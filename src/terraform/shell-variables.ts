type Variables = Readonly<Record<string, string | undefined>>;

/** What a program needs of the machine: where programs, certificates and the user's files are, and the language. */
const ofTheMachine =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|XDG_\w+|SSL_CERT_FILE|SSL_CERT_DIR|HTTPS_PROXY|https_proxy|GOGC|GOMEMLIMIT|GOMAXPROCS|TF_LOG\w*)$/;

/**
 * What terraform inherits of the operator's shell. HTTPS_PROXY is for providers that are still to be fetched.
 * Credentials, region and endpoint are the caller's to give.
 */
export function machineVariables(inherited: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inherited).filter(
      (entry): entry is [string, string] => ofTheMachine.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

/**
 * Variables of the shell by which terraform would plan something else than the project says, in the order of their names:
 * another workspace, a part of a stack, a provider of somebody's own.
 */
export function steeringVariables(inherited: Variables): string[] {
  return Object.keys(inherited)
    .filter(
      (name) =>
        /^TF_(?:WORKSPACE|CLI_ARGS\w*|REATTACH_PROVIDERS|VAR_\w+)$/.test(name) && inherited[name] !== '',
    )
    .sort();
}
