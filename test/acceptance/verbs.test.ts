import { patienceMilliseconds, states, testCases } from './cases.js';
import { changing } from './changing.js';

describe('the other verbs, as users meet them', function () {
  this.timeout(patienceMilliseconds);
  after(() => states.remove());
  testCases((verb) => !changing.includes(verb));
});
