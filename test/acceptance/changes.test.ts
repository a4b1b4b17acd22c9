import { patienceMilliseconds, states, testCases, testStates } from './cases.js';
import { changing } from './changing.js';

describe('changes of an environment, as users meet them', function () {
  this.timeout(patienceMilliseconds);
  after(() => states.remove());
  testStates();
  testCases((verb) => changing.includes(verb));
});
