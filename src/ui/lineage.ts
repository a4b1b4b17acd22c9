import type { ChalkInstance } from 'chalk';
import {
  nodeKey,
  type LineageGraph,
  type LineageNode,
  type ObservedLineage,
} from '../model/lineage-graph.js';

/** The graph as a tree from its sources on; what stands above already is not followed a second time. */
export function lineageTree(chalk: ChalkInstance, graph: LineageGraph): string {
  const nodes = new Map(graph.nodes.map((node) => [nodeKey(node), node]));
  const below = (key: string): string[] => graph.edges.filter(([from]) => from === key).map(([, to]) => to);
  const roots = [...nodes.keys()].filter((key) => !graph.edges.some(([, to]) => to === key));
  const seen = new Set<string>();
  const lines: string[] = [];
  const draw = (key: string, lead: string, begin: string, rest: string): void => {
    const node = nodes.get(key);
    if (!node) return;
    const known = seen.has(key) && below(key).length > 0;
    lines.push(`${lead}${begin}${labelOf(chalk, node)}${known ? chalk.dim(' (above)') : ''}`);
    if (seen.has(key)) return;
    seen.add(key);
    const children = below(key);
    children.forEach((child, index) => {
      const last = index === children.length - 1;
      draw(child, lead + rest, last ? '└── ' : '├── ', last ? '    ' : '│   ');
    });
  };
  for (const root of roots) draw(root, '', '', '');
  return lines.join('\n');
}

function labelOf(chalk: ChalkInstance, node: LineageNode): string {
  switch (node.kind) {
    case 'source':
      return chalk.cyan(`source/${node.id}`);
    case 'dataset':
      return chalk.bold(node.id);
    case 'job':
      return `${node.id} ${chalk.dim(`(${node.job.gate === true ? 'gate' : node.job.group})`)}`;
  }
}

/** The graph for a Markdown page: GitHub, GitLab and others draw it. */
export function lineageMermaid(graph: LineageGraph): string {
  const shapes: Record<LineageNode['kind'], readonly [string, string]> = {
    source: ['[/"', '"/]'],
    job: ['["', '"]'],
    dataset: ['[("', '")]'],
  };
  const id = (key: string): string => key.replace(/\W/g, '_');
  return [
    'flowchart LR',
    ...graph.nodes.map((node) => `  ${id(nodeKey(node))}${shapes[node.kind].join(node.id)}`),
    ...graph.edges.map(([from, to]) => `  ${id(from)} --> ${id(to)}`),
  ].join('\n');
}

/** What the newest runs have shown: where each column comes from, and where that is not what is declared. */
export function observedText(chalk: ChalkInstance, observed: readonly ObservedLineage[]): string {
  const lines = observed.flatMap(({ columns }) =>
    Object.entries(columns).flatMap(([dataset, origins]) => [
      chalk.bold(dataset),
      ...origins.map(
        ({ column, from }) => `  ${column} ${chalk.dim('<-')} ${from.join(', ') || 'nothing that is read'}`,
      ),
    ]),
  );
  const wrong = observed.flatMap(({ disagreements }) => disagreements);
  return [
    ...(lines.length > 0
      ? lines
      : ['No run has shown columns yet: lineage.columns of the environment switches it on.']),
    '',
    ...(wrong.length > 0
      ? wrong.map((sentence) => `${chalk.yellow('disagrees')}  ${sentence}`)
      : ['Nothing that was seen disagrees with config/shared/lineage.yaml.']),
  ].join('\n');
}
