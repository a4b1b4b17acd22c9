import type { Environment } from '../../model/environment.js';
import { runbookFile } from '../../model/alarm.js';
import type { News } from './notified.js';

/** What is told of promises, in one message. */
export interface Announcement {
  readonly subject: string;
  readonly lines: readonly string[];
}

export function announcementOf(
  environment: Pick<Environment, 'name' | 'prefix'>,
  news: readonly News[],
): Announcement {
  const broken = news.filter(({ breach }) => breach.recovered === undefined);
  const kept = news.filter(({ breach }) => breach.recovered !== undefined);
  const counts = [
    ...(broken.length > 0 ? [`${broken.length} broken`] : []),
    ...(kept.length > 0 ? [`${kept.length} kept again`] : []),
  ];
  const line = (word: string, { breach }: News): string =>
    `${word}: ${breach.kind} of ${breach.subject} (${breach.promised}): ${breach.found}`;
  return {
    subject: `${environment.prefix}: promises ${counts.join(', ')}`,
    lines: [
      ...broken.map((one) => line('BROKEN', one)),
      ...kept.map((one) => line('KEPT AGAIN', one)),
      `dataplat sla check --env ${environment.name}   (what to do: ${runbookFile}#job-late)`,
    ],
  };
}

/** A section of Slack's has 3,000 characters at the most, a message fifty blocks. Source: Block Kit reference. */
const limits = { section: 2900, sections: 45 };

/** The announcement in the shape that Slack's incoming webhooks take, and many others too. */
export function slackMessage({ subject, lines }: Announcement): Readonly<Record<string, unknown>> {
  const sections: string[] = [];
  for (const line of lines.map((one) => escaped(one).slice(0, limits.section))) {
    const last = sections.at(-1);
    if (last !== undefined && last.length + line.length + 1 <= limits.section)
      sections[sections.length - 1] = `${last}\n${line}`;
    else sections.push(line);
  }
  return {
    text: escaped(subject),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: subject.slice(0, 150) } },
      ...sections
        .slice(0, limits.sections)
        .map((text) => ({ type: 'section', text: { type: 'mrkdwn', text } })),
    ],
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
