import { expect } from 'chai';
import { accountVariables, endpointsOfTheShell } from '../../src/aws/shell-variables.js';

describe('what of the shell reaches an account', () => {
  it('is who somebody is and how he gets there, and nothing that says where AWS is', () => {
    const inherited = {
      AWS_PROFILE: 'dev',
      AWS_SESSION_TOKEN: 'x',
      NO_PROXY: 'example.com',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false',
      AWS_DEFAULT_REGION: 'us-gov-west-1',
      TF_WORKSPACE: 'other',
      EDITOR: 'vi',
    };
    expect(accountVariables(inherited)).to.deep.equal({
      AWS_PROFILE: 'dev',
      AWS_SESSION_TOKEN: 'x',
      NO_PROXY: 'example.com',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    });
  });

  it('names the endpoints that are not followed', () => {
    expect(
      endpointsOfTheShell({
        AWS_ENDPOINT_URL_S3: 'x',
        AWS_ENDPOINT_URL: 'y',
        AWS_ENDPOINT_URL_STS: '',
        AWS_REGION: 'z',
      }),
    ).to.deep.equal(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']);
  });
});
