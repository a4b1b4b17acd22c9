import type { LineageNode } from '../../model/lineage-graph.js';
import type { Report } from '../../model/report/report.js';
import { escaped } from '../html.js';
import { lineageDrawing } from '../lineage-drawing.js';
import { lineageSection } from '../lineage-sections.js';
import { count, duration } from '../text.js';
import { minute, stateWord, type PageSection } from './section.js';

/** The data's way as a drawing, and of each source, job and dataset what is known of it. */
export async function wayOfTheData(report: Report): Promise<PageSection> {
  const { graph } = report;
  return {
    id: 'lineage',
    title: 'Lineage',
    content: [
      '<p>Each source, job and dataset leads to what is known of it.</p>',
      await lineageDrawing("The data's way", graph),
      ...graph.nodes.map((node) =>
        lineageSection(node, graph, { heading: 'h3', folded: true, more: known(report, node) }),
      ),
      '<p><a href="#lineage">Back to the drawing</a></p>',
    ],
  };
}

function known(report: Report, node: LineageNode): string[] {
  if (node.kind === 'source') return [];
  const facts = [
    ...(node.kind === 'job' ? lastRun(report, node.id) : lastCheck(report, node.id)),
    ...report.promises
      .filter(({ subject }) => subject === node.id)
      .map(
        ({ kind, promised, state, found }) =>
          `${stateWord(state)} ${kind}, ${escaped(promised)}: ${escaped(found)}`,
      ),
  ];
  return facts.length === 0 ? [] : [`<ul>${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul>`];
}

function lastRun({ runs, days }: Report, job: string): string[] {
  const own = runs.filter((run) => run.job === job);
  const [last] = own;
  if (!last) return [];
  const date = last.date === undefined ? '' : ` for ${escaped(last.date)}`;
  return [
    `${stateWord(last.state)} last run${date}, ${minute(last.startedAt)}, ${duration(last.seconds)}; ${count(own.length, 'run')} in ${count(days, 'day')}`,
  ];
}

function lastCheck({ checks }: Report, dataset: string): string[] {
  const check = checks.find((one) => one.dataset === dataset);
  if (!check) return [];
  return [
    `${stateWord(check.errors > 0 ? 'failed' : 'succeeded')} last check, for ${escaped(check.date)}: ${count(check.errors, 'error')}, ${count(check.warnings, 'warning')}`,
  ];
}
