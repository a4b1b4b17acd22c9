import { pricesAsOf } from '../../model/cost/prices.js';
import type { Report } from '../../model/report/report.js';
import { count } from '../text.js';
import { costsChart } from './run-charts.js';
import { nothingYet, type PageSection } from './section.js';

/** What the runs of each job cost. */
export function costsSection(report: Report): PageSection {
  return { id: 'costs', title: 'Cost a job', content: content(report) };
}

function content(report: Report): string[] {
  const { costs, days, simulated } = report;
  if (costs.length === 0) {
    const sentence = `No run was billed within ${count(days, 'day')}; EMR tells what it bills once a run has ended. See`;
    return [nothingYet(sentence, 'runs', report)];
  }
  const total = (of: (cost: (typeof costs)[number]) => number): number =>
    costs.reduce((sum, cost) => sum + of(cost), 0);
  const hours = `${total(({ vcpuHours }) => vcpuHours).toFixed(3)} vCPU-h and ${total(({ memoryGbHours }) => memoryGbHours).toFixed(3)} GB-h`;
  const priced = costs.some(({ usd }) => usd !== undefined);
  const money = priced
    ? `, some ${total(({ usd = 0 }) => usd).toFixed(2)} USD by list prices of ${pricesAsOf}, without storage beyond what is free, taxes and discounts`
    : '';
  const note = simulated ? ' It runs on this machine: the figures are simulated, and nobody is billed.' : '';
  return [
    `<p>${hours} in ${count(days, 'day')}${money}.${note}</p>`,
    `<div class="charts">${costsChart(costs)}</div>`,
  ];
}
