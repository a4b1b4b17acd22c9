import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endRecordFile, instanceDirectory, restingInstance } from '../../../src/local/instance.js';

/** What is missing of an instance whose ministack ended so. */
function missingAfter(ended: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'dataplat-resting-'));
  try {
    const place = instanceDirectory(directory, 'one');
    mkdirSync(join(place, 'ministack'), { recursive: true });
    const record = { id: 'one', createdAt: '2026-01-05T10:00:00.000Z', run: 'first' };
    writeFileSync(join(directory, 'instance.json'), JSON.stringify(record));
    if (ended !== undefined) {
      writeFileSync(
        endRecordFile({ directory: place }, 'first'),
        JSON.stringify({ ...ended, run: 'first', at: '2026-01-05T11:00:00.000Z' }),
      );
    }
    return restingInstance(directory)?.missing;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('an instance at rest', () => {
  it('is whole where its ministack ended when it was asked to', () => {
    expect(missingAfter({ code: 0, signal: null, asked: true, killed: false })).to.equal(undefined);
  });

  it('is not whole where its ministack was killed, also while it was being asked to end', () => {
    expect(missingAfter({ code: null, signal: 'SIGKILL', asked: false, killed: false })).to.match(/SIGKILL/);
    expect(missingAfter({ code: null, signal: 'SIGKILL', asked: true, killed: false })).to.match(/SIGKILL/);
    expect(missingAfter({ code: null, signal: 'SIGKILL', asked: true, killed: true })).to.match(/killed/);
  });

  it('is not whole where its ministack broke down, or nobody saw it end', () => {
    expect(missingAfter({ code: 1, signal: null, asked: false, killed: false })).to.match(/exit code 1/);
    expect(missingAfter(undefined)).to.match(/before they could write it down/);
  });
});
