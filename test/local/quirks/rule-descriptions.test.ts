import { expect } from 'chai';
import { StartedEndpoint } from '../started-endpoint.js';

describe('rules of security groups', function () {
  const endpoint = new StartedEndpoint();
  before(() => endpoint.up());
  after(() => endpoint.end());

  const ec2 = <Answer = Record<string, unknown>>(operation: string, parameters: object = {}) =>
    endpoint.call<Answer>('ec2', operation, parameters);

  it('keep what they say of themselves, whether they name addresses, a group or a list of prefixes', async () => {
    const { Vpc } = await ec2<{ Vpc: { VpcId: string } }>('create_vpc', { CidrBlock: '10.0.0.0/16' });
    const { GroupId } = await ec2<{ GroupId: string }>('create_security_group', {
      GroupName: 'jobs',
      Description: 'jobs',
      VpcId: Vpc.VpcId,
    });
    const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 };
    for (const named of [
      { IpRanges: [{ CidrIp: '10.1.0.0/16', Description: 'addresses' }] },
      { UserIdGroupPairs: [{ GroupId, Description: 'a group' }] },
      { PrefixListIds: [{ PrefixListId: 'pl-1', Description: 'prefixes' }] },
    ]) {
      await ec2('authorize_security_group_egress', { GroupId, IpPermissions: [{ ...https, ...named }] });
    }
    const { SecurityGroupRules } = await ec2<{ SecurityGroupRules: { Description?: string }[] }>(
      'describe_security_group_rules',
      { Filters: [{ Name: 'group-id', Values: [GroupId] }] },
    );
    const described = SecurityGroupRules.map(({ Description }) => Description ?? '').filter(Boolean);
    expect(described).to.have.members(['addresses', 'a group', 'prefixes']);
  });
});
