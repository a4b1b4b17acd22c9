import { nodeKey, type LineageGraph, type LineageNode } from '../model/lineage-graph.js';
import { escaped } from './html.js';

/** The style of a drawing: its colours are those of the page, by day and by night. */
export const drawingStyle = [
  '.graph{overflow:auto;border:1px solid var(--line);border-radius:.5rem;padding:.5rem}',
  '.graph text{fill:CanvasText}.graph polygon,.graph path,.graph ellipse{stroke:CanvasText}',
  '.graph .node polygon,.graph .node path{fill:Canvas}.graph .edge polygon{fill:CanvasText}',
  '.graph a:focus text,.graph a:hover text{text-decoration:underline}.graph a:focus text{font-weight:bold}',
].join('');

/** A graph whose nodes lead to the sections that `anchorOf` names. Graphviz draws it. */
export async function lineageDrawing(title: string, graph: LineageGraph): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const drawn = (await instance()).renderString(dot(title, graph), { format: 'svg' });
  const svg = drawn
    .slice(drawn.indexOf('<svg'))
    .replace('<svg ', '<svg role="group" aria-label="The data\'s way" ');
  return `<div class="graph" role="region" aria-label="The data's way, as a drawing" tabindex="0">${svg}</div>`;
}

/** The id of a node's section. */
export function anchorOf(node: Pick<LineageNode, 'kind' | 'id'>): string {
  return nodeKey(node).replace('/', '-');
}

/** A link to a node's section. @param key as `nodeKey` has it */
export function nodeLink(key: string): string {
  const [kind = '', id = ''] = key.split('/');
  return `<a href="#${escaped(`${kind}-${id}`)}">${escaped(id)}</a>`;
}

const shapes: Record<LineageNode['kind'], string> = { source: 'note', job: 'box', dataset: 'cylinder' };

function dot(title: string, graph: LineageGraph): string {
  const text = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return [
    `digraph ${text(title)} {`,
    'rankdir=LR; bgcolor="transparent"; node [fontname="sans-serif", fontsize=12, margin="0.25,0.06"]; edge [arrowsize=0.7];',
    ...graph.nodes.map(
      (node) =>
        `${text(nodeKey(node))} [label=${text(node.id)}, shape=${shapes[node.kind]}, URL=${text(`#${anchorOf(node)}`)}, tooltip=${text(`${node.kind} ${node.id}`)}];`,
    ),
    ...graph.edges.map(([from, to]) => `${text(from)} -> ${text(to)};`),
    '}',
  ].join('\n');
}
