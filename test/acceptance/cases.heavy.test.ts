import { patienceMilliseconds, states, testHeavyCases } from './cases.js';

describe('long ways, as users meet them', function () {
  // The longest takes three quarters of an hour.
  this.timeout(8 * patienceMilliseconds);
  after(() => states.remove());
  testHeavyCases();
});
