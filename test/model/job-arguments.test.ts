import { expect } from 'chai';
import { requireOwnArguments } from '../../src/model/job-arguments.js';

describe('arguments of a job', () => {
  it('are its own: those that say which run it is come from the run', () => {
    requireOwnArguments([
      '--log-level',
      'debug',
      '--full-refresh',
      '--environment',
      '--',
      'env',
      '--dates=x',
    ]);
    for (const word of ['--env', '--date=2025-01-01', '--lake-root', '--job=other', '--run-id', '--config']) {
      expect(() => requireOwnArguments(['--x', word]), word).to.throw(`"${word}" says which run it is`);
    }
  });
});
