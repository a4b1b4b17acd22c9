import { buildGraph } from '../../src/model/graph.js';
import type { Job } from '../../src/model/lineage.js';
import type { Platform } from '../../src/model/platform.js';

/** The platform with a job more, which carries contacts, masked, from bronze into silver. */
export function withSilver(platform: Platform): Platform {
  const contacts = platform.datasets.find(({ id }) => id === 'crm_contacts_bronze');
  const ingest = platform.jobs.find(({ id }) => id === 'crm_contacts');
  if (!contacts || !ingest) throw new Error('the contacts are gone');
  const job: Job = {
    ...ingest,
    id: 'contacts_silver',
    entryPoint: 'jobs/transform/contacts.py',
    inputs: ['crm_contacts_bronze'],
    outputs: ['contacts_silver'],
  };
  const jobs = [...platform.jobs, job];
  const graph = buildGraph(jobs);
  if ('cycle' in graph) throw new Error('a cycle');
  const silver = { ...contacts, id: 'contacts_silver', table: 'contacts', layer: 'silver' as const };
  return { ...platform, datasets: [...platform.datasets, silver], jobs, graph };
}
