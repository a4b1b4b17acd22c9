import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What MWAA installs and runs before Airflow starts; each only where the project has the file. */
export interface AirflowFiles {
  /** Text of `config/airflow/startup.sh`. */
  readonly startupScript?: string;
  /** Text of `config/airflow/requirements.txt`. */
  readonly requirements?: string;
  /** Uploaded from where it is: its path in the project, and its SHA-256. */
  readonly plugins?: { readonly path: string; readonly hash: string };
}

const folder = 'config/airflow';

/** What a project gives MWAA. */
export function airflowFiles(projectDirectory: string): AirflowFiles {
  const read = (name: string): Buffer | undefined => {
    const file = join(projectDirectory, folder, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  const startupScript = read('startup.sh')?.toString('utf8');
  const requirements = read('requirements.txt')?.toString('utf8');
  const plugins = read('plugins.zip');
  return {
    ...(startupScript !== undefined && { startupScript }),
    ...(requirements !== undefined && { requirements }),
    ...(plugins && {
      plugins: {
        path: `${folder}/plugins.zip`,
        hash: createHash('sha256').update(plugins).digest('hex'),
      },
    }),
  };
}
