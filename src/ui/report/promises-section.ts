import type { Report } from '../../model/report/report.js';
import type { Verdict } from '../../model/sla.js';
import { escaped, htmlTable } from '../html.js';
import { count, duration } from '../text.js';
import { notKnown, nothingYet, stateWord, subjectLink, type PageSection } from './section.js';

/** How new the data is, and every other promise: broken ones first. */
export function promisesSection(report: Report): PageSection {
  return { id: 'promises', title: 'Freshness and promises', content: content(report) };
}

function content(report: Report): string[] {
  const { promises, unknown, deployed } = report;
  if (promises.length === 0)
    return ['<p class="empty">Nothing is promised: no contract has a freshness, no job an sla.</p>'];
  const isFreshness = ({ kind }: Verdict): boolean => kind === 'freshness';
  const of = (state: Verdict['state']): number => promises.filter((one) => one.state === state).length;
  return [
    ...(unknown.data === undefined ? [] : [notKnown(unknown.data)]),
    `<p>${count(of('broken'), 'promise')} broken, ${of('kept')} kept, ${of('unmeasured')} not measured.</p>`,
    ...(deployed ? [] : [nothingYet('Promises are measured once it is deployed, by', 'deploy', report)]),
    table(report, 'How new the data is', promises.filter(isFreshness)),
    table(
      report,
      'Other promises',
      promises.filter((one) => !isFreshness(one)),
    ),
  ];
}

function table(report: Report, caption: string, promises: readonly Verdict[]): string {
  if (promises.length === 0) return '';
  return htmlTable<Verdict>(
    caption,
    [
      { title: 'of', cell: ({ subject }) => subjectLink(report, subject) },
      { title: 'state', cell: ({ state }) => stateWord(state) },
      { title: 'promise', cell: ({ kind }) => kind },
      { title: 'promised', cell: ({ promised }) => escaped(promised) },
      { title: 'found', cell: ({ found }) => escaped(found), words: true },
      {
        title: 'late',
        cell: ({ state, secondsLate = 0 }) =>
          state === 'broken' && secondsLate > 0 ? duration(secondsLate) : '',
        number: true,
      },
    ],
    promises,
  );
}
