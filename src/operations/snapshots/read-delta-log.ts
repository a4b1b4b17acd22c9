import { parquetReadObjects, parquetSchema, parquetMetadataAsync } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UnreadableTable, type NewestLog } from '../../model/snapshots/delta-log.js';
import { TableReplay, type LogAction, type TableState } from '../../model/snapshots/delta-table.js';

/** The content of a file of the folder `_delta_log/`; undefined where it is gone. */
export type ReadLogFile = (name: string) => Promise<Buffer | undefined>;

const actionsWanted = ['add', 'metaData', 'protocol', 'sidecar'];

/**
 * The table that a log tells of.
 * @throws UnreadableTable where a file of the log is gone or cannot be read, or the table needs what is not known here
 */
export async function readTable(log: NewestLog, read: ReadLogFile): Promise<TableState> {
  const replay = new TableReplay();
  const content = async (name: string): Promise<Buffer> => {
    const found = await read(name);
    if (!found) throw new UnreadableTable(`${name} of its log is gone`);
    return found;
  };
  for (const name of log.checkpoint) {
    const actions = await checkpointActions(name, await content(name));
    for (const action of actions) {
      replay.take(action);
      if (!action.sidecar) continue;
      const sidecar = `_sidecars/${action.sidecar.path}`;
      for (const more of await checkpointActions(sidecar, await content(sidecar))) replay.take(more);
    }
  }
  // Read side by side, taken in their order.
  const commits = await Promise.all(log.commits.map(async (name) => lines(name, await content(name))));
  for (const action of commits.flat()) replay.take(action);
  return replay.state;
}

async function checkpointActions(name: string, content: Buffer): Promise<LogAction[]> {
  if (name.endsWith('.json')) return lines(name, content);
  const file = content.buffer.slice(content.byteOffset, content.byteOffset + content.length) as ArrayBuffer;
  try {
    const metadata = await parquetMetadataAsync(file);
    const there = parquetSchema(metadata).children.map(({ element }) => element.name);
    const columns = actionsWanted.filter((column) => there.includes(column));
    const rows = await parquetReadObjects({ file, metadata, columns, compressors });
    return rows as LogAction[];
  } catch (error) {
    throw new UnreadableTable(`${name} of its log cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function lines(name: string, content: Buffer): LogAction[] {
  try {
    return content
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as LogAction);
  } catch (error) {
    throw new UnreadableTable(`${name} of its log is no JSON`, { cause: error });
  }
}
