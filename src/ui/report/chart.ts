import { createRequire } from 'node:module';
import type * as ECharts from 'echarts';
import { escaped } from '../html.js';

/** Colours that tell themselves from a white page and from a black one. */
export const colours = {
  good: '#2e8b57',
  bad: '#d1495b',
  late: '#b7791f',
  active: '#3b82c4',
  neutral: '#7d8590',
} as const;

export interface ChartSize {
  /** In pixels, of a chart as it is drawn; the page makes it narrower where it must. */
  readonly width: number;
  readonly height: number;
}

/** The size of a chart that a phone shows whole, with words that can still be read. */
export const narrow = 440;

/** The height of bars that lie, one below the other. */
export function heightOfBars(bars: number): number {
  return 70 + bars * 26;
}

/**
 * A chart as a figure of the page: the drawing for who sees, and the same as a table for who does not.
 * @param words what the drawing shows, in a sentence
 * @param table the table, as HTML
 * @param scrolls whether it keeps its size where the page is narrower, and scrolls
 */
export function chart(
  words: string,
  option: ECharts.EChartsOption,
  size: ChartSize,
  table: string,
  scrolls = false,
): string {
  const svg = drawn(option, size).replace('<svg ', `<svg role="img" aria-label="${escaped(words)}" `);
  const drawing = scrolls
    ? `<div class="wide" role="region" aria-label="${escaped(words)}" tabindex="0">${svg}</div>`
    : svg;
  return [
    `<figure${scrolls ? ' class="scrolls"' : ''}><figcaption>${escaped(words)}</figcaption>`,
    drawing,
    `<details><summary>As a table</summary>${table}</details></figure>`,
  ].join('\n');
}

/** The drawing. What it does at a pointer's touch is left out: it needs styles that would hold for the whole page. */
function drawn(option: ECharts.EChartsOption, { width, height }: ChartSize): string {
  const { init } = echarts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
    return chart
      .renderToSVGString()
      .replaceAll(/<style[^>]*>[^]*?<\/style>/g, '')
      .replaceAll(handles, '');
  } finally {
    chart.dispose();
  }
}

/** What scripts of the library would find parts by, and there are none. */
const handles = / (?:ecmeta_[a-z_]+|class|pointer-events|dominant-baseline="auto")="[^"]*"/g;

/** As one file: it is there five times sooner than its thousand modules. */
function echarts(): typeof ECharts {
  return createRequire(import.meta.url)('echarts') as typeof ECharts;
}

/** Words and lines of axes, in a colour of either page. */
export const axis = {
  axisLine: { lineStyle: { color: colours.neutral } },
  axisTick: { lineStyle: { color: colours.neutral } },
  splitLine: { lineStyle: { color: colours.neutral, opacity: 0.3 } },
  axisLabel: { fontSize: 13 },
} as const;

/** A name that fits beside a bar. */
export function shortened(name: string, most = 20): string {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
