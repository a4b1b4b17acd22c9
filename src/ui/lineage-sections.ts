import type { Dataset } from '../model/dataset.js';
import {
  nodeKey,
  type ColumnOrigin,
  type LineageGraph,
  type LineageNode,
  type ObservedLineage,
} from '../model/lineage-graph.js';
import { escaped, htmlTable } from './html.js';
import { anchorOf, nodeLink } from './lineage-drawing.js';

export interface SectionOptions {
  readonly heading: 'h2' | 'h3';
  readonly observed?: readonly ObservedLineage[];
  /** Whether columns are told only to who asks. */
  readonly folded?: boolean;
  /** What else is known of the node, as HTML. */
  readonly more?: readonly string[];
}

/** What is known of a node: what it is, what it comes from and what is made of it. The drawing leads here. */
export function lineageSection(
  node: LineageNode,
  graph: LineageGraph,
  { heading, observed = [], more = [], folded = false }: SectionOptions,
): string {
  const key = nodeKey(node);
  const links = (found: readonly string[]): string => found.map(nodeLink).join(', ') || 'nothing';
  const from = graph.edges.filter(([, to]) => to === key).map(([one]) => one);
  const to = graph.edges.filter(([one]) => one === key).map(([, one]) => one);
  return [
    `<section id="${escaped(anchorOf(node))}" tabindex="-1"><${heading}>${escaped(node.id)} <small>${node.kind}</small></${heading}>`,
    `<p>${escaped(described(node))}</p>`,
    `<p>From ${links(from)}. To ${links(to)}.</p>`,
    ...more,
    ...columns(node, observed, folded),
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

type Column = Dataset['columns'][number];

function columns(node: LineageNode, observed: readonly ObservedLineage[], folded: boolean): string[] {
  if (node.kind !== 'dataset') return [];
  const origins = new Map<string, ColumnOrigin>(
    observed.flatMap((one) => (one.columns[node.id] ?? []).map((origin) => [origin.column, origin] as const)),
  );
  const table = htmlTable(
    `Columns of ${node.id}`,
    [
      { title: 'column', cell: ({ name }) => escaped(name) },
      { title: 'type', cell: ({ type }) => escaped(type) },
      { title: 'what it is', cell: ({ description }) => escaped(description), words: true },
      ...(observed.length > 0
        ? [
            {
              title: 'from',
              cell: ({ name }: Column) => escaped(origins.get(name)?.from.join(', ') ?? ''),
              words: true,
            },
          ]
        : []),
    ],
    node.dataset.columns,
  );
  return folded ? [`<details><summary>Columns</summary>${table}</details>`] : [table];
}
