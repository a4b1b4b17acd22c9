import { livesAndGoes, onThisMachine } from './whole-environment.js';

describe('production, on the local endpoint', function () {
  this.timeout(1_200_000);
  livesAndGoes({ name: 'prod', edit: onThisMachine });
});
