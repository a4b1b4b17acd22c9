import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { packageDirectory } from '../src/project/project-directory.js';
import { layers } from '../src/model/layers.js';

interface Lineage {
  readonly sources: Record<string, object>;
  readonly jobs: Record<string, object>;
}

/**
 * Writes a project with so many datasets, and as many jobs: what this repository declares, and chains behind it of a
 * source, bronze, silver and gold, every second with a masked column.
 */
export function writeLargeDeclaration(directory: string, size: number): void {
  const read = (path: string): string => readFileSync(join(packageDirectory, path), 'utf8');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  for (const name of ['cdktf.json', 'config', 'jobs', 'queries']) {
    cpSync(join(packageDirectory, name), join(directory, name), { recursive: true });
  }
  const lineage = parse(read('config/shared/lineage.yaml')) as Lineage;
  const source = lineage.sources['crm_contacts'];
  const job = lineage.jobs['crm_contacts'];
  const masked = JSON.parse(read('config/schemas/crm_contacts_bronze.json')) as Contract;
  const plain = JSON.parse(read('config/schemas/crm_opportunities_bronze.json')) as Contract;
  if (!source || !job) throw new Error('the contacts are gone');
  const missing = size - Object.keys(lineage.jobs).length;
  for (let index = 0; index < missing; index += 1) {
    const layer = layers[index % layers.length] ?? 'bronze';
    const chain = String(Math.floor(index / layers.length)).padStart(4, '0');
    const before = layers[layers.indexOf(layer) - 1];
    const id = `chain_${chain}_${layer}`;
    const input = before === undefined ? `source/chain_${chain}` : `chain_${chain}_${before}`;
    if (before === undefined) lineage.sources[`chain_${chain}`] = { ...source, path: `crm/${chain}/{date}/` };
    lineage.jobs[id] = {
      ...job,
      group: before === undefined ? 'ingest' : 'transform',
      entryPoint: `jobs/transform/${id}.py`,
      inputs: [input],
      outputs: [id],
    };
    write(`jobs/transform/${id}.py`, '');
    const contract = index % 2 === 0 ? masked : plain;
    write(
      `config/schemas/${id}.json`,
      JSON.stringify({
        ...contract,
        $id: id,
        'x-dataplat': { ...contract['x-dataplat'], layer, table: `chain_${chain}` },
      }),
    );
  }
  write('config/shared/lineage.yaml', stringify(lineage, { aliasDuplicateObjects: false }));
}

interface Contract {
  readonly 'x-dataplat': object;
}
