// Mocha's usual report, and behind it the tests and hooks that took longest, in the lines that pytest has for its own.
const { reporters, Runner } = require('mocha');

class WithSlowest extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const took = [];
    const keep = (kind) => (one) => {
      if (one.duration !== undefined)
        took.push({ kind, seconds: one.duration / 1000, title: one.fullTitle() });
    };
    runner.on(Runner.constants.EVENT_TEST_END, keep('call'));
    runner.on(Runner.constants.EVENT_HOOK_END, keep('setup'));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      took.sort((a, b) => b.seconds - a.seconds);
      console.log('slowest 20 durations');
      for (const { kind, seconds, title } of took.slice(0, 20))
        console.log(`${seconds.toFixed(2)}s ${kind} ${title}`);
    });
  }
}

module.exports = WithSlowest;
