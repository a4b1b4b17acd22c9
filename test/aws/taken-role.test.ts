import { expect } from 'chai';
import { takingOn } from '../../src/aws/taken-role.js';

const role = 'arn:aws:iam::111122223333:role/lake-snapshots';
const minutes = 60_000;

/** STS with a clock that stands still until it is moved. */
function fakeSts() {
  const clock = { now: 0 };
  const asked: { RoleArn: string; DurationSeconds: number }[] = [];
  const refusing = { once: false };
  const provider = takingOn(
    role,
    { region: 'eu-central-1' },
    (request) => {
      asked.push(request);
      if (refusing.once) {
        refusing.once = false;
        return Promise.reject(new Error('throttled'));
      }
      return Promise.resolve({
        Credentials: {
          AccessKeyId: `key-${asked.length}`,
          SecretAccessKey: 'secret',
          SessionToken: 'token',
          Expiration: new Date(clock.now + request.DurationSeconds * 1000),
        },
      });
    },
    () => clock.now,
  );
  return { clock, asked, refusing, provider };
}

describe('a role that is taken on', () => {
  it('is asked for once by all clients, for the hour that AWS allows', async () => {
    const { asked, provider } = fakeSts();
    const [first, second] = await Promise.all([provider(), provider()]);
    expect(second.accessKeyId).to.equal(first.accessKeyId);
    expect((await provider()).accessKeyId).to.equal(first.accessKeyId);
    expect(asked).to.have.length(1);
    expect(asked[0]).to.include({ RoleArn: role, DurationSeconds: 3600 });
  });

  it('is asked for again before its credentials end, however often that is', async () => {
    const { clock, provider } = fakeSts();
    expect((await provider()).accessKeyId).to.equal('key-1');
    clock.now = 49 * minutes;
    expect((await provider()).accessKeyId).to.equal('key-1');
    clock.now = 51 * minutes;
    expect((await provider()).accessKeyId).to.equal('key-2');
    clock.now = 102 * minutes;
    expect((await provider()).accessKeyId).to.equal('key-3');
  });

  it('is asked for again after a failure', async () => {
    const { refusing, provider } = fakeSts();
    refusing.once = true;
    const failed = await provider().then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failed).to.equal('throttled');
    expect((await provider()).accessKeyId).to.equal('key-2');
  });
});
