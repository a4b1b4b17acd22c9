import type { Report } from '../model/report/report.js';
import { hasFailed } from '../model/run-states.js';
import { escaped, tableStyle } from './html.js';
import { drawingStyle } from './lineage-drawing.js';
import { backfillsSection } from './report/backfills-section.js';
import { costsSection } from './report/costs-section.js';
import { wayOfTheData } from './report/lineage-section.js';
import { promisesSection } from './report/promises-section.js';
import { qualitySection } from './report/quality-section.js';
import { runsSection } from './report/runs-section.js';
import { minute, nothingYet, type PageSection } from './report/section.js';
import { count } from './text.js';

/**
 * A report as one page that needs nothing else: no network, no script, no file beside it. It can be read on a phone,
 * by night, with the keyboard alone and with a reader of the screen.
 */
export async function reportPage(report: Report): Promise<string> {
  const title = `Report of ${report.prefix}`;
  const sections = [
    await wayOfTheData(report),
    runsSection(report),
    qualitySection(report),
    promisesSection(report),
    backfillsSection(report),
    costsSection(report),
  ];
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<style>${style}</style></head>`,
    `<body><header><h1>${escaped(title)}</h1>`,
    `<p>Environment ${escaped(report.environment)}, as it was at ${minute(report.at)}. ${release(report)}</p>`,
    ...(report.deployed ? [summary(report)] : [notDeployed(report)]),
    '</header>',
    `<nav aria-label="Parts of the report"><ul>${sections.map(({ id, title: name }) => `<li><a href="#${id}">${name}</a></li>`).join('')}</ul></nav>`,
    '<main>',
    ...sections.map(part),
    '</main>',
    '<footer><p>Made by <code>dataplat report</code>. All times are in UTC.</p></footer>',
    '</body></html>',
    '',
  ].join('\n');
}

/** Nothing is fetched, run or sent; styles stand in the page. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-src 'none'";

const style = [
  ':root{color-scheme:light dark;--line:#8a8a8a;--good:#1f7a45;--bad:#b3263c;--problem:#c60}',
  '@media(prefers-color-scheme:dark){:root{--good:#5fcf8c;--bad:#ff8a9a;--problem:#fa4}}',
  '*{box-sizing:border-box}html{scroll-padding-top:1rem}',
  'body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem;overflow-wrap:anywhere}',
  'nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}nav a{display:inline-block;padding:.5rem 0}',
  ':focus-visible{outline:.15rem solid currentColor;outline-offset:.15rem}section:focus-visible{outline:none}',
  tableStyle,
  '.n{text-align:right;font-variant-numeric:tabular-nums}',
  drawingStyle,
  '.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}',
  'figure{margin:1rem 0;min-width:0}figcaption{font-weight:bold}',
  'figure svg{max-width:100%;height:auto;display:block}figure.scrolls svg{max-width:none}figure text{fill:CanvasText}',
  'summary{cursor:pointer;padding:.5rem 0}section:target>h2,section:target>h3{text-decoration:underline}',
  '.state{font-weight:bold}.good{color:var(--good)}.bad{color:var(--bad)}',
  '.problem,.empty{border-left:.3rem solid var(--line);padding-left:.75rem}.problem{border-color:var(--problem)}',
].join('');

function part({ id, title, content }: PageSection): string {
  return [
    `<section id="${id}" aria-labelledby="${id}-title" tabindex="-1"><h2 id="${id}-title">${title}</h2>`,
    ...content,
    '</section>',
  ].join('\n');
}

function release(report: Report): string {
  return report.release === undefined
    ? ''
    : `Runs start from release <code>${escaped(report.release)}</code>.`;
}

/** What somebody wants to know who reads nothing more. */
function summary({ runs, promises, checks, days }: Report): string {
  const failed = runs.filter(hasFailed).length;
  const broken = promises.filter(({ state }) => state === 'broken').length;
  const errors = checks.reduce((sum, check) => sum + check.errors, 0);
  const lines = [
    `<a href="#runs">${count(runs.length, 'run')} in ${count(days, 'day')}, ${failed} failed</a>`,
    `<a href="#promises">${count(broken, 'promise')} broken</a>`,
    `<a href="#quality">${count(errors, 'error')} of the last checks</a>`,
  ];
  return `<ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul>`;
}

function notDeployed(report: Report): string {
  return nothingYet(
    'This environment is not deployed: what follows is what is declared, and no more. It is deployed by',
    'deploy',
    report,
  );
}
