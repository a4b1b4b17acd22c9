import { livesAndGoes, onThisMachine } from './whole-environment.js';

describe('development, on the local endpoint', function () {
  this.timeout(1_200_000);
  livesAndGoes({ name: 'dev', edit: onThisMachine });
});

/** config/environments/local.yaml leaves out what costs a wait and proves nothing. Here nothing is left out. */
describe('a local environment with everything that production has', function () {
  this.timeout(1_200_000);
  livesAndGoes({
    name: 'local',
    edit: (declared) => {
      declared.setIn(['lake', 'lifecycleRules'], true);
      declared.setIn(['network', 'nat'], 'per-zone');
      declared.setIn(['alarms', 'emails'], ['somebody@example.com']);
    },
  });
});
