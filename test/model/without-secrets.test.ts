import { expect } from 'chai';
import { documentWithoutSecrets, withoutSecrets } from '../../src/model/without-secrets.js';

const variables = {
  AWS_SECRET_ACCESS_KEY: 'wJalr/XUtn+FEMI',
  AWS_SESSION_TOKEN: 'wJalr/XUtn+FEMI/and-more',
  DB_PASSWORD: 'short',
  AWS_REGION: 'eu-central-1',
};

describe('a text without secrets', () => {
  it('has no value of a variable that is one by its name, the longer before the shorter', () => {
    expect(withoutSecrets('a wJalr/XUtn+FEMI/and-more b wJalr/XUtn+FEMI c', variables)).to.equal(
      'a *** b *** c',
    );
    expect(withoutSecrets('short, in eu-central-1', variables)).to.equal('short, in eu-central-1');
  });

  it('has no password of an address, in front of its host or behind it, and all else of the address', () => {
    expect(withoutSecrets('GET https://user:hunter2@host:8443/a?token=abc&b=1', {})).to.equal(
      'GET https://user:***@host:8443/a?token=***&b=1',
    );
    expect(withoutSecrets('"jdbc:redshift://h:5439/db?user=u;Password=hunter2"', {})).to.equal(
      '"jdbc:redshift://h:5439/db?user=u;Password=***"',
    );
    for (const text of [
      'https://host:8443/a@b',
      'http://127.0.0.1:4577',
      'owner@example.com: no token',
      's3://b/k',
    ])
      expect(withoutSecrets(text, {})).to.equal(text);
  });

  it('is what every text of a document becomes', () => {
    expect(documentWithoutSecrets({ a: ['https://u:p@h/', 1, null], b: { c: true } }, {})).to.deep.equal({
      a: ['https://u:***@h/', 1, null],
      b: { c: true },
    });
  });
});
