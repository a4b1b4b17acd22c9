import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { requirementsFile } from '../../toolchain/requirements.js';
import type { EndpointSettings } from '../service.js';
import type { InterpreterTag } from './foreign-libraries.js';
import type { SparkInstallation } from './spark-command.js';

export interface Installation extends SparkInstallation {
  readonly interpreter: InterpreterTag;
}

const script = `
import importlib.metadata, importlib.util, json, platform, re, sys

def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

pinned = {plain(name) for name in re.findall(r"^([\\w.-]+)==", open(sys.argv[1]).read(), re.M)}
ours, others = set(), set()
for one in importlib.metadata.distributions():
    tops = {line.split(",")[0].split("/")[0] for line in (one.read_text("RECORD") or "").splitlines()}
    modules = {top.split(".")[0] for top in tops if not top.endswith((".dist-info", "..", ".pth"))}
    (ours if plain(one.metadata["Name"]) in pinned else others).update(modules)
spec = importlib.util.find_spec("pyspark")
print(json.dumps({
    "sparkHome": list(spec.submodule_search_locations)[0] if spec else None,
    "version": sys.implementation.cache_tag,
    "machine": platform.machine(),
    "hidden": sorted(others - ours - {"", "__pycache__"}),
}))
`;

/** Looks up where the jobs' interpreter has pyspark. Throws an `Error` where it has none. */
export async function findInstallation(settings: EndpointSettings): Promise<Installation> {
  const { stdout } = await promisify(execFile)(settings.jobsPython, [
    '-I',
    '-c',
    script,
    requirementsFile('jobs.txt'),
  ]);
  const found = JSON.parse(stdout) as {
    sparkHome: string | null;
    version: string;
    machine: string;
    hidden: string[];
  };
  if (found.sparkHome === null) throw new Error(`${settings.jobsPython} has no pyspark`);
  return {
    javaHome: settings.javaHome,
    python: settings.jobsPython,
    sparkHome: found.sparkHome,
    jars: settings.jars,
    hiddenModules: found.hidden,
    interpreter: { version: found.version, machine: found.machine },
  };
}
