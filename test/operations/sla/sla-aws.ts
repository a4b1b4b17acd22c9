import type { Datum } from '../../../src/aws/cloud-metrics.js';
import type { Queries } from '../../../src/aws/queries.js';
import { catalogTable } from '../../../src/model/catalog-table.js';
import type { Dataset } from '../../../src/model/dataset.js';
import { loadPlatform } from '../../../src/project/load-platform.js';
import { smallPlatform } from '../../small-platform.js';
import { MemoryCatalog } from '../memory-catalog.js';
import { MemoryObjects } from '../memory-objects.js';
import { MemoryRuns } from '../memory-runs.js';

const { environment } = loadPlatform(smallPlatform, 'local', {}, {});

/** Athena that answers what a test wrote down, by a piece of the query; other queries find no rows. */
export class AnsweringQueries implements Queries {
  readonly answers = new Map<string, readonly (readonly (string | undefined)[])[]>();
  private readonly asked: string[] = [];

  start: Queries['start'] = ({ sql }) => Promise.resolve(String(this.asked.push(sql) - 1));
  status: Queries['status'] = () =>
    Promise.resolve({ state: 'SUCCEEDED' as const, reason: '', scannedBytes: 0, milliseconds: 1 });
  stop: Queries['stop'] = () => Promise.resolve();

  page: Queries['page'] = (id) => {
    const sql = this.asked[Number(id)] ?? '';
    const rows = [...this.answers].find(([piece]) => sql.includes(piece))?.[1] ?? [];
    const width = rows[0]?.length ?? 1;
    const columns = Array.from({ length: width }, (_, index) => ({ name: `_col${index}`, type: 'varchar' }));
    return Promise.resolve({ columns, rows: [columns.map(({ name }) => name), ...rows] });
  };
}

/** All of AWS that promises and metrics are about, in memory. */
export class SlaAws {
  readonly runs = new MemoryRuns();
  readonly objects = new MemoryObjects();
  readonly catalog = new MemoryCatalog();
  readonly queries = new AnsweringQueries();
  readonly sent: Datum[] = [];
  readonly published: { topicArn: string; subject: string; text: string }[] = [];
  /** What the next call of CloudWatch or SNS fails with. */
  failure: Error | undefined;

  readonly metrics = {
    put: (data: readonly Datum[]): Promise<void> => {
      if (this.failure) return Promise.reject(this.failure);
      this.sent.push(...data);
      return Promise.resolve();
    },
  };
  readonly topics = {
    publish: (topicArn: string, message: { subject: string; text: string }): Promise<void> => {
      if (this.failure) return Promise.reject(this.failure);
      this.published.push({ topicArn, ...message });
      return Promise.resolve();
    },
  };
  readonly secrets = {
    get: (name: string): Promise<string> => Promise.resolve(`http://127.0.0.1:9/${name}`),
    names: (): Promise<string[]> => Promise.resolve([]),
  };

  register(dataset: Dataset): void {
    this.catalog.put(catalogTable(environment, dataset));
  }
}
