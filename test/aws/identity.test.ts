import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { awsClients } from '../../src/aws/clients.js';
import { translated } from '../../src/aws/failures.js';
import { assertAccount, profilesOf } from '../../src/aws/identity.js';
import { awsSettings } from '../../src/aws/settings.js';
import type { DataplatError } from '../../src/model/errors.js';
import { failureOf } from '../operations/collect.js';

const dev = { name: 'dev', account: '111122223333', region: 'eu-central-1' };
const clients = awsClients(awsSettings(dev));
const who = (account: string) => () => Promise.resolve({ account, arn: `arn:aws:iam::${account}:user/me` });

describe('the account', () => {
  it('must be the one of the environment', async () => {
    await assertAccount(clients, dev, who('111122223333'));
    const error = await failureOf(
      assertAccount(clients, dev, who('999988887777'), () => Promise.resolve(['team-dev'])),
    );
    expect(error).to.have.property('code', 'DP4002');
    const { message, details, exitCode } = error as DataplatError;
    expect(exitCode).to.equal(4);
    expect(message).to.contain('999988887777').and.to.contain('111122223333');
    expect(details.next).to.deep.equal(['… --profile team-dev']);
  });

  it('is not asked for where the environment brings its own endpoint', async () => {
    const local = awsClients(awsSettings({ ...dev, endpoint: { port: 4577 } }));
    await assertAccount(local, dev, () => Promise.reject(new Error('it was asked for')));
  });

  it('is named by profiles of the shared configuration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dataplat-profiles-'));
    try {
      const file = join(folder, 'config');
      writeFileSync(
        file,
        [
          '[default]',
          'region = eu-central-1',
          '[profile sso-dev]',
          'sso_account_id = 111122223333',
          '[profile role-dev]',
          'role_arn = arn:aws:iam::111122223333:role/deployer',
          '[profile other]',
          'sso_account_id = 999988887777',
        ].join('\n'),
      );
      expect(await profilesOf('111122223333', file)).to.deep.equal(['sso-dev', 'role-dev']);
      expect(await profilesOf('111122223333', join(folder, 'none'))).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('credentials', () => {
  const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

  it('that are missing or out of date are told so, with what to do', () => {
    const missing = translated(
      named('CredentialsProviderError', 'Could not load credentials from any providers'),
      'STS GetCallerIdentity',
      { region: 'eu-central-1', account: '111122223333' },
    ) as DataplatError;
    expect(missing.code).to.equal('DP4001');
    expect(missing.message).to.equal('no AWS credentials found');
    expect(missing.details.next?.[0]).to.contain('aws sso login');
    const old = translated(named('ExpiredTokenException', 'The security token is expired'), 'S3 GetObject', {
      region: 'eu-central-1',
      account: '111122223333',
      profile: 'team',
    }) as DataplatError;
    expect(old.code).to.equal('DP4001');
    expect(old.message).to.contain('"team"').and.to.contain('expired');
  });
});
