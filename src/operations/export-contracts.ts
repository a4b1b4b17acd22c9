import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { openDataContract } from '../model/open-data-contract.js';
import type { Platform } from '../model/platform.js';

export interface ExportedContracts {
  readonly environment: string;
  readonly directory: string;
  /** The files, by dataset. */
  readonly files: readonly string[];
}

/** Writes every dataset's contract as a document of the Open Data Contract Standard. Asks no account. */
export async function exportContracts(platform: Platform, directory: string): Promise<ExportedContracts> {
  await mkdir(directory, { recursive: true });
  const files: string[] = [];
  for (const dataset of platform.datasets) {
    const file = `${dataset.id}.odcs.yaml`;
    await writeFile(
      join(directory, file),
      stringify(openDataContract(platform, dataset), { lineWidth: 110 }),
    );
    files.push(file);
  }
  return { environment: platform.environment.name, directory, files };
}
