import { expect } from 'chai';
import { buildGraph, type JobGraph } from '../../src/model/graph.js';
import type { Job } from '../../src/model/lineage.js';
import { JobsAccess, writeFolders } from '../../src/model/access.js';
import { readPlatform } from '../../src/model/read-platform.js';
import { projectWith } from './project.js';

const platform = readPlatform(projectWith({}), 'local');

function job(id: string, inputs: string[], outputs: string[], more: Partial<Job> = {}): Job {
  const [template] = platform.jobs;
  if (!template) throw new Error('no job is declared');
  return { ...template, id, inputs, outputs, ...more };
}

function graphOf(...jobs: Job[]): JobGraph {
  const graph = buildGraph(jobs);
  if ('cycle' in graph) throw new Error(graph.cycle.join(' -> '));
  return graph;
}

const ids = (jobs: readonly Job[]): string[] => jobs.map(({ id }) => id);

describe('a gate', () => {
  const ingest = job('ingest', ['source/a'], ['a_bronze']);
  const check = job('check', ['a_bronze'], ['results_gold'], { gate: true });
  const audit = job('audit', ['a_bronze'], ['results_gold'], { gate: true });
  const merge = job('merge', ['a_bronze'], ['a_silver']);
  const other = job('other', ['b_bronze'], ['b_silver']);
  const graph = graphOf(merge, check, audit, other, ingest);

  it('stands between what writes a dataset and what reads it', () => {
    expect(ids(graph.upstreamOf(check))).to.deep.equal(['ingest']);
    expect(ids(graph.upstreamOf(merge))).to.have.members(['ingest', 'check', 'audit']);
    expect(ids(graph.upstreamOf(other))).to.deep.equal([]);
    expect(ids(graph.downstreamOf(check))).to.deep.equal(['merge']);
    expect(ids(graph.order).indexOf('merge')).to.be.greaterThan(ids(graph.order).indexOf('check'));
  });

  it('of a whole layer reads all its datasets, writes data docs, and knows no masking key', () => {
    const check = platform.jobs.find(({ id }) => id === 'check_bronze');
    if (!check) throw new Error('no check of bronze is declared');
    const inputs = platform.datasets.filter(({ layer }) => layer === 'bronze').map(({ id }) => id);
    expect(check.inputs).to.deep.equal(inputs);
    const access = new JobsAccess(platform);
    expect(writeFolders(access.of(check), check)).to.deep.include({
      bucket: 'logs',
      path: 'data-docs/check_bronze/',
    });
    expect(access.secretsFor(check)).to.deep.equal([]);
  });
});

describe('what keeps tables in order', () => {
  it('waits for nothing, and nothing waits for it', () => {
    const ingest = job('ingest', ['source/a'], ['a_bronze']);
    const optimize = job('optimize', ['a_bronze', 'a_silver'], ['a_bronze', 'a_silver'], {
      mode: 'maintenance',
    });
    const merge = job('merge', ['a_bronze'], ['a_silver']);
    const graph = graphOf(ingest, optimize, merge);
    expect(ids(graph.upstreamOf(optimize))).to.deep.equal([]);
    expect(ids(graph.downstreamOf(optimize))).to.deep.equal([]);
    expect(ids(graph.upstreamOf(merge))).to.deep.equal(['ingest']);
  });
});
