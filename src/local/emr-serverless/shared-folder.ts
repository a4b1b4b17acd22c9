import { accessSync, constants, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { SparkInstallation } from './spark-command.js';

/**
 * A folder for what depends on the installation or on contents alone, and so is the same for every endpoint of this
 * machine: beside the jars, or in `directory` where that place cannot be written.
 */
export function sharedFolder(installation: SparkInstallation, name: string, directory: string): string {
  const first = installation.jars[0];
  const folder = path.join(
    first !== undefined && isWritable(path.dirname(first)) ? path.dirname(first) : directory,
    name,
  );
  mkdirSync(folder, { recursive: true });
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
