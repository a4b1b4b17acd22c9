import { Chalk, type ChalkInstance } from 'chalk';
import { DataplatError, errorCodes, type Problem } from '../model/errors.js';
import { documentWithoutSecrets, withoutSecrets } from '../model/without-secrets.js';
import { printable } from './text.js';

/** A failure as a person reads it: what, where, why, what was left as it was, what to type next. No secret is in it. */
export function errorText(error: unknown, chalk: ChalkInstance, verbose: boolean): string {
  return withoutSecrets(textOf(error, chalk, verbose), process.env);
}

function textOf(error: unknown, chalk: ChalkInstance, verbose: boolean): string {
  if (!(error instanceof DataplatError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${chalk.red('error')}  this should not have happened, please report it:\n${printable(text)}`;
  }
  const { problems, left, next, excerpt } = error.details;
  const lines: string[] = [];
  if (problems) lines.push(...problemLines(problems, chalk), '');
  lines.push(`${chalk.red('error')}  ${printable(error.message)}  ${chalk.dim(`[${error.code}]`)}`);
  if (excerpt && excerpt.length > 0)
    lines.push('', ...excerpt.map((line) => chalk.dim(`  | ${printable(line)}`)), '');
  if (left !== undefined) lines.push(`${chalk.bold('left')}   ${printable(left)}`);
  next?.forEach((command, index) =>
    lines.push(`${index === 0 ? chalk.bold('next') : '    '}   ${printable(command)}`),
  );
  if (verbose && error.stack !== undefined) lines.push('', chalk.dim(printable(error.stack)));
  if (verbose && error.cause instanceof Error)
    lines.push(chalk.dim(`caused by ${printable(error.cause.stack ?? error.cause.message)}`));
  return lines.join('\n');
}

function problemLines(problems: readonly Problem[], chalk: ChalkInstance): string[] {
  return problems.map(({ code, location, message, hint }) =>
    [
      chalk.bold(`${location.file}:${location.line}:${location.column}`),
      printable(message),
      ...(hint === undefined ? [] : [chalk.cyan(`(${printable(hint)})`)]),
      chalk.dim(`[${code}]`),
    ].join('  '),
  );
}

/** The same for a program. */
export function errorDocument(error: unknown): Record<string, unknown> {
  return documentWithoutSecrets(documentOf(error), process.env);
}

function documentOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof DataplatError)) {
    return {
      code: 'DP0000',
      title: 'A bug',
      message: error instanceof Error ? error.message : String(error),
    };
  }
  const { problems, left, next, excerpt, data } = error.details;
  return {
    code: error.code,
    title: errorCodes[error.code].title,
    message: error.message,
    ...(problems && {
      problems: problems.map(({ location, ...problem }) => ({ ...problem, ...location })),
    }),
    ...(excerpt && { excerpt }),
    ...(left !== undefined && { left }),
    ...(next && { next }),
    ...data,
  };
}

export function exitCodeOf(error: unknown): number {
  return error instanceof DataplatError ? error.exitCode : 1;
}

/** Shows a failure that came before there was a terminal to show it. @returns the exit code */
export function showError(error: unknown, options: { json: boolean; verbose: boolean }): number {
  if (options.json) process.stdout.write(`${JSON.stringify({ error: errorDocument(error) })}\n`);
  else process.stderr.write(`${errorText(error, new Chalk({ level: 0 }), options.verbose)}\n`);
  return exitCodeOf(error);
}
