// Mocha's usual report, and behind it the tests and hooks that took longest, in the lines that pytest has for its own. What
// fails is told at once as well, on stderr: the report of a suite that takes an hour comes at its end. With TEST_ORDER, a
// number, the tests run in an order that the number stands for: the same one each time.
const { reporters, Runner } = require('mocha');

class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { TEST_ORDER: order } = process.env;
    if (order) shuffle(runner.suite, chanceOf(Number(order)));
    const took = [];
    const keep = (kind) => (one) => {
      if (one.duration !== undefined)
        took.push({ kind, seconds: one.duration / 1000, title: one.fullTitle() });
    };
    runner.on(Runner.constants.EVENT_TEST_FAIL, (one, error) => {
      console.error(`\nFAILED ${one.fullTitle()}\n${error.stack ?? error.message}\n`);
    });
    runner.on(Runner.constants.EVENT_TEST_END, keep('call'));
    runner.on(Runner.constants.EVENT_HOOK_END, keep('setup'));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      took.sort((a, b) => b.seconds - a.seconds);
      console.log('slowest 10 durations');
      for (const { kind, seconds, title } of took.slice(0, 10)) {
        console.log(`${seconds.toFixed(2)}s ${kind} ${title}`);
      }
      if (runner.stats.failures > 0) setTimeout(endAllTheSame, 10_000).unref();
    });
  }
}

/** What failed half-way may have left a server or a child open, and mocha would wait for it for ever. */
function endAllTheSame() {
  console.error('A test that failed has left something open; the suite ends all the same.');
  process.exit(1);
}

/** Suites that say so (`bail`) tell a story whose steps have an order; all others have none. */
function shuffle(suite, chance) {
  if (!suite.bail()) {
    for (const list of [suite.tests, suite.suites]) {
      for (let last = list.length - 1; last > 0; last -= 1) {
        const other = Math.floor(chance() * (last + 1));
        [list[last], list[other]] = [list[other], list[last]];
      }
    }
  }
  for (const inner of suite.suites) shuffle(inner, chance);
}

/** Numbers between 0 and 1 that look like chance: a linear congruential generator with the constants of POSIX's drand48. */
function chanceOf(seed) {
  let state = BigInt(seed);
  return () => {
    state = (state * 0x5deece66dn + 0xbn) & ((1n << 48n) - 1n);
    return Number(state) / 2 ** 48;
  };
}

module.exports = Reporter;
