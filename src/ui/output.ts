import { DataplatError } from '../model/errors.js';

/** As a shell tells of a program whose reader went away: 128 and the number of SIGPIPE. */
export const readerGone = 141;

const lost = new AbortController();
let code = 0;

/** Fires once nobody takes what we print any more: a pipe's reader has ended, the terminal is gone, the disk is full. */
export const outputLost: AbortSignal = lost.signal;

/** The exit code where output was lost; 0 where none was. */
export function codeOfLostOutput(): number {
  return code;
}

/**
 * Notices that what is printed arrives nowhere, which would otherwise end the process in the middle of whatever it is at.
 * A reader that went away is told nothing; of anything else there is one line on stderr.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (lost.signal.aborted) return;
      // EIO is what a terminal answers that has been closed.
      const gone = error.code === 'EPIPE' || error.code === 'EIO';
      code = gone ? readerGone : 1;
      lost.abort();
      if (!gone && stream === process.stdout) {
        const { message, code: named } = new DataplatError(
          'DP1010',
          `cannot write the output: ${error.message}`,
        );
        process.stderr.write(`error  ${message}  [${named}]\n`);
      }
    });
  }
}
