import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import chromium from '@sparticuz/chromium';
import { expect } from 'chai';
import { chromium as browsers, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { packageDirectory } from '../../src/project/project-directory.js';
import { reportPage } from '../../src/ui/report-page.js';
import { emptyReport, fullReport } from './reports.js';

const phone: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
};
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };

describe('the page of a report, in Chromium', function () {
  this.timeout(120_000);
  let browser: Browser;
  let directory: string;
  let page: Page;
  /** What the browser's console says, and what it would have fetched. */
  let said: string[];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dataplat-report-'));
    writeFileSync(join(directory, 'full.html'), await reportPage(fullReport(300, packageDirectory)));
    writeFileSync(join(directory, 'empty.html'), await reportPage(emptyReport(false)));
    // Not the package's own arguments: they are for one page in one process, and lift what guards a page.
    browser = await browsers.launch({
      executablePath: await chromium.executablePath(),
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });

  after(async () => {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function opened(name: 'full' | 'empty', options: BrowserContextOptions): Promise<Page> {
    const context = await browser.newContext({ ...options, offline: true });
    const file = pathToFileURL(join(directory, `${name}.html`)).href;
    said = [];
    await context.route('**/*', async (route) => {
      const url = route.request().url();
      if (url.split('#')[0] === file) return route.continue();
      said.push(`fetches ${url}`);
      return route.abort();
    });
    const opening = await context.newPage();
    opening.on('console', (message) => said.push(message.text()));
    opening.on('pageerror', (error) => said.push(error.message));
    await opening.goto(file);
    return opening;
  }

  afterEach(async () => {
    await page.context().close();
    expect(said).to.deep.equal([]);
  });

  for (const name of ['full', 'empty'] as const) {
    it(`is no wider than a phone (${name}), each part of it too`, async () => {
      page = await opened(name, { ...phone, colorScheme: 'dark' });
      const wide = await page.evaluate<string[]>(`[...document.querySelectorAll('body, body *')]
        .filter((one) => !one.closest('.wide > *, .graph > *') && one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 80))`);
      expect(wide).to.deep.equal([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(360);
    });
  }

  it('is light by day and dark by night, and words can be told from either', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      page = await opened('full', { ...desk, colorScheme });
      const weak = await page.evaluate<string[]>(contrasts);
      expect(weak, colorScheme).to.deep.equal([]);
      if (colorScheme === 'light') await page.context().close();
    }
  });

  it('has landmarks, and headings without a gap', async () => {
    page = await opened('full', desk);
    for (const role of ['banner', 'navigation', 'main', 'contentinfo'] as const)
      expect(await page.getByRole(role).count(), role).to.equal(1);
    const levels = await page.evaluate<number[]>(
      `[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => Number(one.tagName[1]))`,
    );
    expect(levels.filter((level) => level === 1)).to.deep.equal([1]);
    levels.forEach((level, place) => expect(level - (levels[place - 1] ?? 0), `${place}`).to.be.at.most(1));
    // What scrolls by itself and what is drawn has a name that a reader says.
    const nameless = await page.evaluate<number>(
      `document.querySelectorAll('[role=region]:not([aria-label]), svg[role=img]:not([aria-label])').length`,
    );
    expect(nameless).to.equal(0);
    expect(await page.getByRole('link', { name: 'crm_accounts_bronze' }).count()).to.be.above(1);
  });

  it('leads from the drawing to a part with the keyboard alone', async () => {
    page = await opened('full', desk);
    let target: string | null = null;
    for (let presses = 0; presses < 40 && target === null; presses += 1) {
      await page.keyboard.press('Tab');
      target = await page.evaluate<string | null>(
        `document.activeElement.closest('.graph a')?.getAttribute('xlink:href') ?? null`,
      );
    }
    expect(target).to.match(/^#(source|job|dataset)-/);
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).to.equal(target);
    const shown = await page.evaluate<{ focused: string; top: number }>(
      `({ focused: '#' + document.activeElement.id, top: document.activeElement.getBoundingClientRect().top })`,
    );
    expect(shown.focused).to.equal(target);
    expect(shown.top).to.be.within(-1, 900);
  });

  it('opens what is folded with the keyboard', async () => {
    page = await opened('full', desk);
    const summary = page.locator('summary', { hasText: 'Earlier runs' });
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('region', { name: 'Earlier runs' }).isVisible()).to.equal(true);
  });

  /** `REPORT_PICTURES=docs/pictures` keeps how it looks for the documentation. */
  const pictures = process.env['REPORT_PICTURES'];
  if (pictures !== undefined) {
    it('is shown in the documentation', async () => {
      page = await opened('full', { ...phone, colorScheme: 'dark', deviceScaleFactor: 1 });
      await page.evaluate(`document.getElementById('runs').scrollIntoView()`);
      await page.screenshot({ path: join(pictures, 'report-phone.png') });
      await page.context().close();
      page = await opened('full', desk);
      await page.screenshot({ path: join(pictures, 'report.png') });
    });
  }
});

/** Words whose contrast is below 4.5 to 1, as WCAG reckons it, beside the page's own colour. */
const contrasts = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
  const light = (color) => rgb(color).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const probe = document.createElement('div');
  probe.style.color = 'Canvas';
  document.body.append(probe);
  const page = light(getComputedStyle(probe).color);
  probe.remove();
  const weak = new Set();
  for (const one of document.querySelectorAll('p, td, th, a:not(.graph a), summary, figcaption, h1, h2, h3, .state, figure > svg text, .graph text')) {
    const style = getComputedStyle(one);
    const words = light(one instanceof SVGElement ? style.fill : style.color);
    const ratio = (Math.max(words, page) + 0.05) / (Math.min(words, page) + 0.05);
    if (ratio < 4.5) weak.add(one.tagName + '.' + (one.getAttribute('class') ?? '') + ' ' + ratio.toFixed(2));
  }
  return [...weak];
})()`;
