import { Chalk } from 'chalk';
import { expect } from 'chai';
import { dagsText, taskTree } from '../../src/ui/dag.js';

const plain = new Chalk({ level: 0 });

describe('the tasks of a DAG run', () => {
  it('are drawn as a tree of their groups, in the order in which they come', () => {
    const tree = taskTree(plain, 'daily 2026-01-15', [
      { task: 'begin', state: 'success', attempt: 1, seconds: 0.2 },
      { task: 'order_events', group: 'bronze', state: 'success', attempt: 2, seconds: 75 },
      { task: 'bronze.gate.check', group: 'bronze.gate', state: 'failed', attempt: 1, seconds: 12 },
      { task: 'silver.accounts', group: 'silver', state: 'upstream_failed', attempt: 0 },
      { task: 'fx', group: 'bronze', state: 'running', attempt: 1 },
      { task: 'gold', state: 'none', attempt: 0 },
    ]);
    expect(tree.join('\n')).to.equal(
      [
        'daily 2026-01-15',
        '├─ begin  success  0.2 s',
        '├─ bronze',
        '│  ├─ order_events  success  1 min 15 s, attempt 2',
        '│  ├─ gate',
        '│  │  └─ check  failed  12 s',
        '│  └─ fx            running',
        '├─ silver',
        '│  └─ accounts  not run',
        '└─ gold   waits',
      ].join('\n'),
    );
  });
});

describe('the list of DAGs', () => {
  const list = {
    environment: 'local',
    dags: [
      {
        dag: 'daily',
        schedule: 'At 02:00',
        paused: false,
        next: '2026-01-16T02:00:00Z',
        last: { run: 'scheduled__1', state: 'failed', at: '2026-01-15T02:00:00Z' },
        owners: ['data-platform'],
        file: 'dags/daily_dag.py',
      },
      { dag: 'smoke', paused: true, owners: [], file: 'dags/smoke_dag.py' },
    ],
    importErrors: [{ file: 'dags/broken_dag.py', line: 4, message: 'NameError: x' }],
  };

  it('says when each runs, how it ran last, and which files cannot be read', () => {
    const lines = dagsText(plain, list).split('\n');
    expect(lines[0]).to.match(/^dag +schedule +state +next +last run +owner +file$/);
    expect(lines[1]).to.match(
      /^daily +At 02:00 +active +2026-01-16 02:00Z +2026-01-15 02:00Z failed +data-platform +dags\/daily_dag\.py$/,
    );
    expect(lines[2]).to.match(/^smoke +when asked +paused +none +dags\/smoke_dag\.py$/);
    expect(lines.at(-1)).to.equal('unreadable  dags/broken_dag.py:4  NameError: x');
  });
});
