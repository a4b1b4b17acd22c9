import {
  nodeKey,
  type ColumnOrigin,
  type LineageGraph,
  type LineageNode,
  type ObservedLineage,
} from '../model/lineage-graph.js';

/**
 * The graph as one page that needs nothing else: a drawing whose nodes lead to what is known of each, for the screen,
 * the keyboard and a reader. Graphviz draws it.
 */
export async function lineagePage(
  title: string,
  graph: LineageGraph,
  observed: readonly ObservedLineage[],
): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const drawn = (await instance()).renderString(dot(title, graph), { format: 'svg' });
  const svg = drawn
    .slice(drawn.indexOf('<svg'))
    .replace('<svg ', '<svg role="group" aria-label="The data\'s way" ');
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<style>${style}</style></head>`,
    `<body><main><h1>${escaped(title)}</h1>`,
    ...problems(observed),
    `<div class="graph" tabindex="0">${svg}</div>`,
    ...graph.nodes.map((node) => section(node, graph, observed)),
    '</main></body></html>',
    '',
  ].join('\n');
}

const style = [
  ':root{color-scheme:light dark;--line:#8a8a8a}',
  'body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem}',
  '.graph{overflow:auto;border:1px solid var(--line);border-radius:.5rem;padding:.5rem}',
  'svg text{fill:CanvasText}svg polygon,svg path,svg ellipse{stroke:CanvasText}svg .node polygon,svg .node path{fill:Canvas}',
  'svg .edge polygon{fill:CanvasText}svg a:focus text{text-decoration:underline;font-weight:bold}',
  'table{border-collapse:collapse;display:block;overflow-x:auto}',
  'th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}',
  'section:target h2{text-decoration:underline}.problem{border-left:.3rem solid #c60;padding-left:.75rem}',
].join('');

const shapes: Record<LineageNode['kind'], string> = { source: 'note', job: 'box', dataset: 'cylinder' };

function dot(title: string, graph: LineageGraph): string {
  const text = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return [
    `digraph ${text(title)} {`,
    'rankdir=LR; bgcolor="transparent"; node [fontname="sans-serif", fontsize=12]; edge [arrowsize=0.7];',
    ...graph.nodes.map(
      (node) =>
        `${text(nodeKey(node))} [label=${text(node.id)}, shape=${shapes[node.kind]}, URL=${text(`#${anchor(node)}`)}, tooltip=${text(`${node.kind} ${node.id}`)}];`,
    ),
    ...graph.edges.map(([from, to]) => `${text(from)} -> ${text(to)};`),
    '}',
  ].join('\n');
}

function anchor(node: Pick<LineageNode, 'kind' | 'id'>): string {
  return nodeKey(node).replace('/', '-');
}

function problems(observed: readonly ObservedLineage[]): string[] {
  const sentences = observed.flatMap(({ disagreements }) => disagreements);
  if (sentences.length === 0) return [];
  return [
    '<div class="problem"><p>Runs have shown another lineage than the declared one:</p><ul>',
    ...sentences.map((sentence) => `<li>${escaped(sentence)}</li>`),
    '</ul></div>',
  ];
}

function section(node: LineageNode, graph: LineageGraph, observed: readonly ObservedLineage[]): string {
  const key = nodeKey(node);
  const links = (found: readonly string[]): string =>
    found
      .map((one) => {
        const [kind = '', id = ''] = one.split('/');
        return `<a href="#${kind}-${id}">${escaped(id)}</a>`;
      })
      .join(', ') || 'nothing';
  const from = graph.edges.filter(([, to]) => to === key).map(([one]) => one);
  const to = graph.edges.filter(([one]) => one === key).map(([, one]) => one);
  return [
    `<section id="${anchor(node)}"><h2>${escaped(node.id)} <small>${node.kind}</small></h2>`,
    `<p>${escaped(described(node))}</p>`,
    `<p>From ${links(from)}. To ${links(to)}.</p>`,
    ...columns(node, observed),
    '</section>',
  ].join('\n');
}

function described(node: LineageNode): string {
  switch (node.kind) {
    case 'source':
      return `Delivered by ${node.source.system}.`;
    case 'job':
      return node.job.description;
    case 'dataset':
      return node.dataset.description;
  }
}

function columns(node: LineageNode, observed: readonly ObservedLineage[]): string[] {
  if (node.kind !== 'dataset') return [];
  const origins = new Map<string, ColumnOrigin>(
    observed.flatMap((one) => (one.columns[node.id] ?? []).map((origin) => [origin.column, origin] as const)),
  );
  return [
    '<table><thead><tr><th scope="col">column<th scope="col">type<th scope="col">what it is<th scope="col">from</tr></thead><tbody>',
    ...node.dataset.columns.map(({ name, type, description }) => {
      const from = origins.get(name)?.from.join(', ') ?? '';
      return `<tr><th scope="row">${escaped(name)}<td>${escaped(type)}<td>${escaped(description)}<td>${escaped(from)}</tr>`;
    }),
    '</tbody></table>',
  ];
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
