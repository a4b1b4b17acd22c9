import { patienceMilliseconds, states, testHeavyCases } from './cases.js';

describe('long ways, as users meet them', function () {
  this.timeout(patienceMilliseconds);
  after(() => states.remove());
  testHeavyCases();
});
