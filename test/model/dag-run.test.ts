import { expect } from 'chai';
import { importProblem, inOrder, problemText } from '../../src/model/dag-run.js';

describe('a DAG run', () => {
  it('shows each task behind all that it waits for, and otherwise as they were given', () => {
    const task = (id: string, ...downstream: string[]) => ({ id, downstream });
    expect(
      inOrder([task('gold'), task('silver', 'gold'), task('a', 'silver'), task('b', 'silver')]),
    ).to.deep.equal(['a', 'b', 'silver', 'gold']);
  });

  it('shows every task of a cycle, too', () => {
    const cycle = [
      { id: 'a', downstream: ['b'] },
      { id: 'b', downstream: ['a'] },
    ];
    expect(inOrder(cycle).sort()).to.deep.equal(['a', 'b']);
  });
});

describe('a DAG file that cannot be read', () => {
  it('is named with its own line, not with that of a library which it calls', () => {
    const trace = `Traceback (most recent call last):
  File "/srv/dags/production/daily_dag.py", line 12, in <module>
    load("x")
  File "/usr/lib/python3.12/somewhere.py", line 900, in load
    raise ValueError(name)
ValueError: x
`;
    const problem = importProblem('dags/production/daily_dag.py', trace);
    expect(problem).to.deep.equal({
      file: 'dags/production/daily_dag.py',
      line: 12,
      message: 'ValueError: x',
    });
    expect(problemText(problem)).to.equal('dags/production/daily_dag.py:12  ValueError: x');
  });

  it('is named with the line of a syntax error, which Python tells in the same words', () => {
    const trace =
      '  File "/srv/dags/x.py", line 3\n    foo(\n       ^\nSyntaxError: \'(\' was never closed\n';
    expect(importProblem('dags/x.py', trace)).to.deep.include({
      line: 3,
      message: "SyntaxError: '(' was never closed",
    });
  });

  it('is named without a line where there is none', () => {
    expect(problemText(importProblem('dags/x.py', 'it took longer than 30 s'))).to.equal(
      'dags/x.py  it took longer than 30 s',
    );
  });
});
