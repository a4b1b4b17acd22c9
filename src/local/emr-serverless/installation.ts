import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EndpointSettings } from '../service.js';
import type { InterpreterTag } from './foreign-libraries.js';
import type { SparkInstallation } from './spark-command.js';

export interface Installation extends SparkInstallation {
  readonly interpreter: InterpreterTag;
}

const script = `
import importlib.util, json, platform, sys
spec = importlib.util.find_spec("pyspark")
print(json.dumps({
    "sparkHome": list(spec.submodule_search_locations)[0] if spec else None,
    "version": sys.implementation.cache_tag,
    "machine": platform.machine(),
}))
`;

/** Looks up where the jobs' interpreter has pyspark. Throws an `Error` where it has none. */
export async function findInstallation(settings: EndpointSettings): Promise<Installation> {
  const { stdout } = await promisify(execFile)(settings.jobsPython, ['-I', '-c', script]);
  const found = JSON.parse(stdout) as { sparkHome: string | null; version: string; machine: string };
  if (found.sparkHome === null) throw new Error(`${settings.jobsPython} has no pyspark`);
  return {
    javaHome: settings.javaHome,
    python: settings.jobsPython,
    sparkHome: found.sparkHome,
    jars: settings.jars,
    interpreter: { version: found.version, machine: found.machine },
  };
}
