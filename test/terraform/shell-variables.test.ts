import { expect } from 'chai';
import { machineVariables, steeringVariables } from '../../src/terraform/shell-variables.js';

describe('what of the shell reaches terraform', () => {
  it('is the machine, and nothing by which it would plan something else', () => {
    const machine = {
      PATH: '/bin',
      HOME: '/home/me',
      LC_ALL: 'C',
      TF_LOG: 'trace',
      HTTPS_PROXY: 'http://proxy',
    };
    const other = {
      TF_WORKSPACE: 'other',
      TF_CLI_ARGS: '-lock=false',
      TF_CLI_ARGS_plan: '-target=x.y',
      TF_REATTACH_PROVIDERS: '{}',
      TF_VAR_size: '3',
      TF_DATA_DIR: '/tmp',
      AWS_PROFILE: 'prod',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      NO_PROXY: '*',
      no_proxy: '*',
      HTTP_PROXY: 'http://127.0.0.1:9',
    };
    expect(machineVariables({ ...machine, ...other })).to.deep.equal(machine);
  });

  it('names what would have steered it', () => {
    expect(
      steeringVariables({
        TF_WORKSPACE: 'a',
        TF_VAR_size: '3',
        TF_CLI_ARGS_plan: 'x',
        TF_CLI_ARGS: '',
        TF_LOG: 'y',
      }),
    ).to.deep.equal(['TF_CLI_ARGS_plan', 'TF_VAR_size', 'TF_WORKSPACE']);
  });
});
