import type { Report } from '../../model/report/report.js';
import { escaped } from '../html.js';

/** A part of the page: its heading, and its content as HTML. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly content: readonly string[];
}

/** A sentence of a part that has nothing to show, with the command that would fill it. */
export function nothingYet(sentence: string, command: string, { environment }: Report): string {
  return `<p class="empty">${escaped(sentence)} <code>${escaped(`dataplat ${command} --env ${environment}`)}</code></p>`;
}

/** A sentence of a part that could not be asked for. */
export function notKnown(why: string): string {
  return `<p class="problem">This could not be asked: ${escaped(why)}</p>`;
}

/** A job or a dataset, with a link to its part of the page where it has one. */
export function subjectLink({ graph }: Report, id: string): string {
  const node = graph.nodes.find((one) => one.id === id && one.kind !== 'source');
  return node ? `<a href="#${escaped(`${node.kind}-${node.id}`)}">${escaped(id)}</a>` : escaped(id);
}

/** A moment to the minute. @param iso in ISO 8601, UTC */
export function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** A state in its colour; the word itself says it too. */
export function stateWord(state: string): string {
  const good = ['SUCCESS', 'succeeded', 'kept', 'done'];
  const bad = ['FAILED', 'failed', 'broken'];
  const look = good.includes(state) ? 'good' : bad.includes(state) ? 'bad' : 'other';
  return `<span class="state ${look}">${escaped(state)}</span>`;
}
