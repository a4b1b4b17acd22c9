import type { Report } from '../../model/report/report.js';
import { escaped, htmlTable } from '../html.js';
import { notKnown, nothingYet, stateWord, subjectLink, type PageSection } from './section.js';

/** What the last check of each dataset found. */
export function qualitySection(report: Report): PageSection {
  return { id: 'quality', title: 'Data quality', content: content(report) };
}

function content(report: Report): string[] {
  const { checks, unknown, promises } = report;
  if (unknown.data !== undefined) return [notKnown(unknown.data)];
  if (checks.length === 0) {
    const dataset = promises.find(({ kind }) => kind === 'quality')?.subject ?? '<dataset>';
    return [
      nothingYet(
        'No dataset was checked yet. One is checked by',
        `dq run ${dataset} --date <YYYY-MM-DD>`,
        report,
      ),
    ];
  }
  const unmet = checks.flatMap(({ dataset, date, unmet: all }) =>
    all.map((one) => ({ dataset, date, ...one })),
  );
  return [
    htmlTable(
      'The last check of each dataset',
      [
        { title: 'dataset', cell: ({ dataset }) => subjectLink(report, dataset) },
        { title: 'checked for', cell: ({ date }) => escaped(date) },
        { title: 'state', cell: ({ errors }) => stateWord(errors > 0 ? 'failed' : 'succeeded') },
        { title: 'errors', cell: ({ errors }) => String(errors), number: true },
        { title: 'warnings', cell: ({ warnings }) => String(warnings), number: true },
      ],
      checks,
    ),
    ...(unmet.length === 0
      ? []
      : [
          htmlTable(
            'Expectations that are not met',
            [
              { title: 'dataset', cell: ({ dataset }) => subjectLink(report, dataset) },
              { title: 'expectation', cell: ({ expectation }) => escaped(expectation) },
              { title: 'severity', cell: ({ severity }) => severity },
              { title: 'found', cell: ({ found }) => escaped(found), words: true },
              { title: 'expected', cell: ({ threshold }) => escaped(threshold) },
            ],
            unmet,
          ),
        ]),
  ];
}
