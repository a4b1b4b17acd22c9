import type { LineageGraph, ObservedLineage } from '../model/lineage-graph.js';
import { escaped, tableStyle } from './html.js';
import { drawingStyle, lineageDrawing } from './lineage-drawing.js';
import { lineageSection } from './lineage-sections.js';

/**
 * The graph as one page that needs nothing else: a drawing whose nodes lead to what is known of each, for the screen,
 * the keyboard and a reader. Graphviz draws it.
 */
export async function lineagePage(
  title: string,
  graph: LineageGraph,
  observed: readonly ObservedLineage[],
): Promise<string> {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<style>${style}</style></head>`,
    `<body><main><h1>${escaped(title)}</h1>`,
    ...problems(observed),
    await lineageDrawing(title, graph),
    ...graph.nodes.map((node) => lineageSection(node, graph, { heading: 'h2', observed })),
    '</main></body></html>',
    '',
  ].join('\n');
}

const style = [
  ':root{color-scheme:light dark;--line:#8a8a8a}',
  'body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem}',
  drawingStyle,
  tableStyle,
  'section:target h2{text-decoration:underline}.problem{border-left:.3rem solid #c60;padding-left:.75rem}',
].join('');

function problems(observed: readonly ObservedLineage[]): string[] {
  const sentences = observed.flatMap(({ disagreements }) => disagreements);
  if (sentences.length === 0) return [];
  return [
    '<div class="problem"><p>Runs have shown another lineage than the declared one:</p><ul>',
    ...sentences.map((sentence) => `<li>${escaped(sentence)}</li>`),
    '</ul></div>',
  ];
}
