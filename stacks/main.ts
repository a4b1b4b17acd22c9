import { airflowFiles } from '../src/project/airflow-files.js';
import { loadPlatform } from '../src/project/load-platform.js';
import { namedQueries } from '../src/project/named-queries.js';
import { findProjectDirectory } from '../src/project/project-directory.js';
import { projectFiles } from '../src/project/project-files.js';
import { synthesize } from './app.js';

// What cdktf.json runs: `npx cdktf synth` for the environment that DATAPLAT_ENV names.
const project = findProjectDirectory(undefined);
synthesize(
  {
    platform: loadPlatform(project, process.env['DATAPLAT_ENV'] ?? 'local'),
    queries: namedQueries(projectFiles(project)),
    airflow: airflowFiles(project),
  },
  process.env['CDKTF_OUTDIR'] ?? 'cdktf.out',
);
