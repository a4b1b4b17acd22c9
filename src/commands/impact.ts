import type { Impact } from '../operations/contract-impact.js';
import type { Invocation } from './invocation.js';

/** What the queries of a project ask that no contract declares, and what its contracts have broken since a revision. */
export async function impactOfProject(
  projectDirectory: string,
  against: string,
  ui: Invocation['ui'],
): Promise<Impact & { readonly queries: number }> {
  const { environmentNames } = await import('../model/read-platform.js');
  const { projectFiles } = await import('../project/project-files.js');
  const { namedQueries } = await import('../project/named-queries.js');
  const { loadPlatform } = await import('../project/load-platform.js');
  const { platformAtRevision } = await import('../project/platform-at-revision.js');
  const { contractImpact } = await import('../operations/contract-impact.js');
  const { readQueries } = await import('../toolchain/query-reader.js');
  const { findSqlParser } = await import('../toolchain/locate-toolchain.js');
  const files = projectFiles(projectDirectory);
  const [environment = 'local'] = environmentNames(files).toSorted((a, b) => rank(a) - rank(b));
  const python = await findSqlParser();
  const all = namedQueries(files);
  if (python === undefined && all.length > 0)
    ui.say('The queries were not read: npm run setup brings the parser.');
  const queries = python === undefined ? [] : all;
  const impact = await contractImpact(
    loadPlatform(projectDirectory, environment),
    platformAtRevision(projectDirectory, environment, against),
    queries,
    (tables, asked) => readQueries(python ?? '', tables, asked),
  );
  return { ...impact, queries: queries.length };
}

/** Contracts are the same everywhere; grants are judged where most people are. */
function rank(environment: string): number {
  return environment === 'prod' ? 0 : 1;
}
