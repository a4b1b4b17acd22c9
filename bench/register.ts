import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { layers } from '../src/model/layers.js';
import { names } from '../src/model/names.js';
import { loadPlatform } from '../src/project/load-platform.js';
import { locateRuntime } from '../src/toolchain/locate-toolchain.js';
import { judged, seconds, type Command, type Comparison } from './compare.js';
import { lateAnswers } from './late-answers.js';

export interface RegisterBench {
  /** A project with as many datasets as are to be registered. */
  readonly project: string;
  readonly port: number;
  /** A command of ours on the project. */
  readonly ours: (...words: string[]) => Command;
}

/** What Glue and Lake Formation take to answer, about. */
const milliseconds = 50;

/**
 * Registers all tables in an empty catalog and gives them their tags, where calls are answered one at a time and where they
 * are answered as they come. Before each, whatever was there is taken away.
 */
export async function registerAndTag({ project, port, ours }: RegisterBench): Promise<Comparison> {
  seconds([ours('local', 'up')]);
  const platform = loadPlatform(project, 'local', {}, { DATAPLAT_LOCAL_PORT: String(port) });
  const taken = async (inTurn: boolean): Promise<number> => {
    await emptyCatalog(platform, port);
    const hop = await lateAnswers(project, { port, milliseconds, inTurn });
    const through = (command: Command): Command => ({
      ...command,
      environment: { ...command.environment, DATAPLAT_LOCAL_PORT: String(hop.port) },
    });
    const found = seconds([ours('glue', 'register'), ours('lf', 'seed-tags')].map(through));
    await hop.stop();
    return found;
  };
  // Minutes of waiting for answers: nothing that a second pair would make surer.
  const pair = { a: await taken(true), b: await taken(false) };
  seconds([ours('local', 'down')]);
  const title = `${platform.datasets.length} tables and their tags by one call at a time / as they go`;
  return judged(title, { least: 5 }, [pair]);
}

/** The layers' databases without tables, no tag, and the roles that are granted something. */
async function emptyCatalog(platform: ReturnType<typeof loadPlatform>, port: number): Promise<void> {
  const { environment } = platform;
  const { localPython } = await locateRuntime();
  const databases = layers.map((layer) => names.database(environment, layer));
  const program = `
import boto3, json, sys
databases, roles = json.load(sys.stdin)
def client(service):
    return boto3.client(service, endpoint_url="http://127.0.0.1:${port}", region_name="${environment.region}",
                        aws_access_key_id="${environment.account}", aws_secret_access_key="local")
glue, lake, iam = client("glue"), client("lakeformation"), client("iam")
for key in [tag["TagKey"] for tag in lake.list_lf_tags()["LFTags"]]:
    lake.delete_lf_tag(TagKey=key)
for database in databases:
    try:
        glue.delete_database(Name=database)
    except glue.exceptions.EntityNotFoundException:
        pass
    glue.create_database(DatabaseInput={"Name": database})
for role in roles:
    try:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    except iam.exceptions.EntityAlreadyExistsException:
        pass
`;
  const roles = platform.jobs.map((job) => names.jobRole(environment, job));
  const { status, stderr } = spawnSync(join(dirname(localPython), 'python'), ['-c', program], {
    input: JSON.stringify([databases, roles]),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the catalog cannot be emptied: ${stderr}`);
}
