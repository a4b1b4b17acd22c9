/** AWS's own limit on state details. */
const longestDetail = 256;

/** What EMR says of a driver that ended with an exit code, and the last exceptions of its log. */
export function failureDetail(exitCode: number, log: string): string {
  const exceptions = lastExceptions(log);
  const detail =
    `Job failed, please check complete logs in configured logging destination. ExitCode: ${exitCode}.` +
    (exceptions.length === 0 ? '' : ` Last few exceptions: ${exceptions.join(' ')}`);
  return detail.length <= longestDetail ? detail : `${detail.slice(0, longestDetail - 3)}...`;
}

/** The last lines that name an exception, the most telling first: what Spark says of Python's end is left out. */
export function lastExceptions(log: string): string[] {
  const named = log
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) =>
        /^(Caused by: )?([\w$]+\.)*[A-Z][\w$]*(Error|Exception|Exit|Interrupt|Failure)(:|$)/.test(line) ||
        /^Exception in thread /.test(line),
    )
    .filter((line) => !line.includes('SparkUserAppException'))
    .map((line) => (line.length > 160 ? `${line.slice(0, 157)}...` : line));
  return [...new Set(named.reverse())].slice(0, 3);
}
