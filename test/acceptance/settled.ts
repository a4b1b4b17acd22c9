import { hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { AcceptanceProject } from './acceptance-project.js';

/** What a run prints with everything that differs from run to run replaced by its name. */
export function settled(printed: string, project: AcceptanceProject): string {
  return (
    printed
      .replaceAll(project.directory, '<project>')
      .replaceAll(dirname(project.directory), '<parent>')
      .replaceAll(`${userInfo().username}@${hostname()}`, '<user>@<host>')
      .replace(number(project.port), '<port>')
      .replace(number(project.otherPort), '<other port>')
      .replace(number(project.port + 1), '<next port>')
      .replace(/"seconds":\d+(\.\d+)?/g, '"seconds":<seconds>')
      .replace(/\b\d{8}T\d{6}Z-[0-9a-f]{4}\b/g, '<snapshot>')
      .replace(/\b\d{8}-[0-9a-f]{8}\b/g, '<instance>')
      .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?/g, '<time>')
      .replace(/\b\d{4}-\d\d-\d\dT\d{6}Z/g, '<time>')
      .replace(/\b(\d+ h )?(\d+ min )?\d+(\.\d+)? (s|min)\b/g, '<duration>')
      .replace(/\bprocess \d+\b/g, 'process <pid>')
      .replace(/\b\d+(\.\d+)? (B|KB|MB)\b/g, '<size>')
      .replace(/\b\d+\.\d{3}\b/g, '<number>')
      // A release may begin as the ids of runs do.
      .replace(/(\brelease |\/scripts\/)[0-9a-f]{16}\b/g, '$1<hash>')
      .replace(/\b00[0-9a-f]{14}\b/g, '<id>')
      .replace(/\b[0-9a-f]{16}\b/g, '<hash>')
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
      // Columns are as wide as what stood in them.
      .replace(/ {2,}/g, '  ')
  );
}

/** A number by itself: the digits of a port also come in the middle of an id. */
function number(of: number): RegExp {
  return new RegExp(`\\b${of}\\b`, 'g');
}
