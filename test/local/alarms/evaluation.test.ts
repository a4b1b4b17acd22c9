import { expect } from 'chai';
import type { AlarmState, Measurement, MetricRule, SumRule } from '../../../src/local/alarms/alarm.js';
import { judge, judgeSum } from '../../../src/local/alarms/evaluation.js';

const period = 300;
/** In the middle of a minute: the newest period ends with that minute. */
const now = Date.UTC(2026, 10, 27, 10, 4, 30) / 1000;
const end = Date.UTC(2026, 10, 27, 10, 5) / 1000;

const rule: MetricRule = {
  namespace: 'dataplat',
  name: 'SecondsLate',
  dimensions: { job: 'shops' },
  statistic: 'Maximum',
  unit: null,
  period,
  periods: 3,
  wrongPeriods: 3,
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  silence: 'missing',
};

function measured(at: number, ...values: readonly number[]): Measurement {
  return {
    at,
    sum: values.reduce((sum, value) => sum + value, 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    count: values.length,
  };
}

/** Datapoints as AWS's tables draw them, the newest last: X breaches, 0 does not, - is missing. */
function drawn(points: string): Measurement[] {
  const marks = points.split(' ');
  return marks.flatMap((mark, index) => {
    const from = end - (marks.length - index) * period;
    return mark === '-' ? [] : [measured(from + 10, mark === 'X' ? 5 : 0)];
  });
}

describe('an alarm over a metric', () => {
  const silences = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
  // The two tables of AWS, "Configuring how CloudWatch alarms treat missing data".
  const tables: Record<string, Record<string, readonly (AlarmState | 'kept')[]>> = {
    '3 of 3': {
      '0 - X - X': ['OK', 'OK', 'OK', 'OK'],
      '0 - - - -': ['OK', 'OK', 'OK', 'OK'],
      '- - - - -': ['INSUFFICIENT_DATA', 'kept', 'ALARM', 'OK'],
      '0 X X - X': ['ALARM', 'ALARM', 'ALARM', 'ALARM'],
      '- - X - -': ['ALARM', 'kept', 'ALARM', 'OK'],
    },
    '2 of 3': {
      '0 - X - X': ['ALARM', 'ALARM', 'ALARM', 'ALARM'],
      '0 0 X 0 X': ['ALARM', 'ALARM', 'ALARM', 'ALARM'],
      '0 - X - -': ['OK', 'OK', 'ALARM', 'OK'],
      '- - - - 0': ['OK', 'OK', 'ALARM', 'OK'],
      '- - - X -': ['ALARM', 'kept', 'ALARM', 'OK'],
    },
  };
  for (const [kind, rows] of Object.entries(tables)) {
    const wrongPeriods = Number(kind[0]);
    for (const [points, expected] of Object.entries(rows)) {
      it(`is what AWS's table says of ${points}, ${kind}`, () => {
        const states = silences.map(
          (silence) => judge({ ...rule, wrongPeriods, silence }, drawn(points), now, 'OK')?.state ?? 'kept',
        );
        expect(states).to.deep.equal(expected);
      });
    }
  }

  it('does not ring early: too few wrong datapoints that are too young are no alarm yet', () => {
    for (const points of ['- - - - X', '- - - X -']) {
      expect(judge(rule, drawn(points), now, 'OK'), points).to.equal(undefined);
    }
  });

  it('counts the first second of a period to it, and what is older to the one before', () => {
    const one = { ...rule, periods: 1, wrongPeriods: 1, statistic: 'Sum' };
    const stateWith = (...data: Measurement[]): AlarmState | undefined => judge(one, data, now, 'OK')?.state;
    const quiet = measured(end - 1, 0);
    expect(stateWith(quiet, measured(end - period, 1))).to.equal('ALARM');
    expect(stateWith(quiet, measured(end - period - 1, 1))).to.equal('OK');
  });

  const samples = [measured(end - 20, 2, 6), measured(end - 10, 1)];
  for (const [statistic, value] of Object.entries({
    Sum: 9,
    Minimum: 1,
    Maximum: 6,
    Average: 3,
    SampleCount: 3,
  })) {
    it(`takes the ${statistic} of what was measured in a period`, () => {
      const at = (threshold: number): AlarmState | undefined =>
        judge(
          {
            ...rule,
            statistic,
            periods: 1,
            wrongPeriods: 1,
            threshold,
            comparison: 'GreaterThanOrEqualToThreshold',
          },
          samples,
          now,
          'OK',
        )?.state;
      expect([at(value), at(value + 0.5)]).to.deep.equal(['ALARM', 'OK']);
    });
  }

  const comparisons: Record<string, readonly AlarmState[]> = {
    GreaterThanOrEqualToThreshold: ['OK', 'ALARM', 'ALARM'],
    GreaterThanThreshold: ['OK', 'OK', 'ALARM'],
    LessThanOrEqualToThreshold: ['ALARM', 'ALARM', 'OK'],
    LessThanThreshold: ['ALARM', 'OK', 'OK'],
  };
  for (const [comparison, expected] of Object.entries(comparisons)) {
    it(`knows what ${comparison} holds of a value below, at and above it`, () => {
      const one = { ...rule, comparison, threshold: 4, periods: 1, wrongPeriods: 1 };
      const states = [3, 4, 5].map((value) => judge(one, [measured(end - 1, value)], now, 'OK')?.state);
      expect(states).to.deep.equal(expected);
    });
  }

  const failed: MetricRule = {
    ...rule,
    statistic: 'Sum',
    comparison: 'GreaterThanOrEqualToThreshold',
    threshold: 1,
    periods: 12,
    wrongPeriods: 1,
    silence: 'notBreaching',
  };

  it('ends as time passes, with the last period that is looked at', () => {
    const minutesLater = (minutes: number): AlarmState | undefined =>
      judge(failed, [measured(now, 1)], now + minutes * 60, 'ALARM')?.state;
    // Twelve periods of five minutes and two more, the first of which is the one under way.
    expect([0, 60, 69, 70].map(minutesLater)).to.deep.equal(['ALARM', 'ALARM', 'ALARM', 'OK']);
  });

  it('says why, as CloudWatch does', () => {
    expect(judge(failed, [measured(now, 1)], now, 'OK')?.reason).to.equal(
      'Threshold Crossed: 1 out of the last 12 datapoints [1.0 (27/11/26 10:00:00)] was greater than or equal to the ' +
        'threshold (1.0) and 11 missing datapoints were treated as [NonBreaching] ' +
        '(minimum 1 datapoint for OK -> ALARM transition).',
    );
    expect(judge(failed, [], now, 'ALARM')?.reason).to.equal(
      'Threshold Crossed: no datapoints were received for 12 periods and 12 missing datapoints were treated as ' +
        '[NonBreaching].',
    );
    expect(judge(rule, [], now, 'OK')?.reason).to.equal('Insufficient Data: 3 datapoints were unknown.');
  });
});

describe('an alarm over a sum of metrics', () => {
  /** The sum of two metrics, drawn as above; a measurement that breaches is 5, one that does not is 0. */
  function sum(
    first: string,
    second: string,
    more: Partial<SumRule> = {},
    filledWith: number | null = 0,
  ): SumRule {
    const { name, dimensions, statistic: _, unit: __, ...compared } = rule;
    const summands = [first, second].map((points, index) => ({
      id: `m${index + 1}`,
      metric: { namespace: 'dataplat', name, dimensions, statistic: 'Maximum' },
      filledWith,
      data: drawn(points),
    }));
    return {
      ...compared,
      id: 'all',
      expression: '',
      label: null,
      threshold: 9,
      periods: 1,
      wrongPeriods: 1,
      summands,
      ...more,
    };
  }

  it('adds up what was measured in the same period', () => {
    expect(judgeSum(sum('X', 'X'), now, 'OK')?.state).to.equal('ALARM');
    expect(judgeSum(sum('X', '0'), now, 'ALARM')?.state).to.equal('OK');
    expect(judgeSum(sum('- X', 'X -'), now, 'ALARM')?.state).to.equal('OK');
  });

  it('takes what fills a silence for measured, as long as something was', () => {
    const low = { threshold: 4 };
    expect(judgeSum(sum('X', '-', low), now, 'OK')?.state).to.equal('ALARM');
    expect(judgeSum(sum('X', '-', low, 5), now, 'OK')?.reason).to.contain('[10.0 (');
    expect(judgeSum(sum('X', '-', low, null), now, 'OK')?.state).to.equal('INSUFFICIENT_DATA');
    // Nothing is made of nothing, whatever it would be filled with.
    expect(judgeSum(sum('-', '-', low, 5), now, 'OK')?.state).to.equal('INSUFFICIENT_DATA');
    expect(judgeSum(sum('-', '-', { ...low, silence: 'notBreaching' }, 5), now, 'ALARM')?.state).to.equal(
      'OK',
    );
  });
});
