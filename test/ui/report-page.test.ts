import { expect } from 'chai';
import { packageDirectory } from '../../src/project/project-directory.js';
import { reportPage } from '../../src/ui/report-page.js';
import { emptyReport, fullReport, wicked } from './reports.js';

/** Elements that stand alone, and those of HTML whose end may be left out do not stand in a report. */
const alone = new Set(['meta', '!doctype']);

/** Every element that is opened and not closed, or closed and not opened. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, end, name = '', rest = ''] of page
    .replaceAll(/<!--[^]*?-->/g, '')
    .matchAll(/<(\/?)([a-zA-Z!][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/g)) {
    if (alone.has(name.toLowerCase()) || rest.endsWith('/')) continue;
    if (end !== '/') open.push(name);
    else if (open.at(-1) === name) open.pop();
    else wrong.push(`</${name}> in ${open.slice(-3).join(' ')}`);
  }
  return [...wrong, ...open];
}

describe('the page of a report', () => {
  let page: string;
  before(async () => {
    page = await reportPage(fullReport(100));
  });

  it('closes what it opens, and names no id twice', async () => {
    expect(unbalanced(page)).to.deep.equal([]);
    expect(unbalanced(await reportPage(emptyReport(false)))).to.deep.equal([]);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).to.deep.equal([]);
  });

  it('leads nowhere but to its own parts, each of which is there', () => {
    const links = [...page.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, target = '']) => target);
    const ids = new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => `#${id}`));
    expect(links).to.include('#job-shops');
    expect(links.filter((link) => !ids.has(link))).to.deep.equal([]);
    expect(page).not.to.match(/url\(|@import/);
  });

  it('says what somebody else worded, and does not do it', () => {
    expect(page).to.contain('&lt;script&gt;alert(&quot;1&quot;)');
    expect(page).not.to.contain(wicked);
    expect(page).not.to.match(/<(?:script|img|link|iframe)/);
    expect(page).to.contain(`default-src 'none'`);
  });

  it('has every part, and each chart as a table and in words', () => {
    for (const id of ['lineage', 'runs', 'quality', 'promises', 'backfills', 'costs'])
      expect(page).to.contain(`<section id="${id}"`);
    const figures = page.match(/<figure[^]*?<\/figure>/g) ?? [];
    expect(figures).to.have.length(4);
    for (const figure of figures) {
      expect(figure).to.match(/<svg role="img" aria-label="[^"]+"/);
      expect(figure).to.contain('<table>');
    }
  });

  it('shows the figures that it is given', () => {
    expect(page).to.contain('100 runs in 14 days, 14 failed');
    // 160 pairs: 20 dates of 8 jobs, one of them failed and 3 blocked.
    expect(page).to.contain('Backfills of 8 jobs from 2025-12-26 to 2026-01-14');
    expect(page).to.match(/<td class="n">156<\/td><td class="n">1<\/td><td class="n">160<\/td>/);
  });

  it('says of each part that is empty which command fills it', async () => {
    const empty = await reportPage(emptyReport(true));
    for (const command of ['submit ingest', 'dq run', 'backfill bronze', 'runs --env local'])
      expect(empty).to.contain(`<code>dataplat ${command}`);
    expect(empty).not.to.contain('is not deployed');
    const undeployed = await reportPage(emptyReport(false));
    expect(undeployed).to.contain('is not deployed');
    expect(undeployed).to.contain('<code>dataplat deploy --env local</code>');
    expect(undeployed).to.contain('id="dataset-shops_bronze"');
  });

  it('of 1,000 runs has less than 2 MB, our own declaration’s too', async () => {
    for (const report of [fullReport(1000), fullReport(1000, packageDirectory)]) {
      const large = await reportPage(report);
      expect(large.match(/<code>00run/g)).to.have.length(1000);
      expect(Buffer.byteLength(large)).to.be.below(2_000_000);
    }
  });
});
