/** Training on a table with more values than the host keeps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fitOptionsOf } from '../../src/cli/trainOptions.ts';
import { reportFiles } from '../../src/cli/trainReport.ts';
import { readTrainingSet, rowCount } from '../../src/cli/trainingSet.ts';
import type { TrainingSet, TrainingSetOptions } from '../../src/cli/trainingSet.ts';
import { Flow } from '../../src/flow/flow.ts';
import { contextFeatures } from '../../src/model/context.ts';
import { realnvp } from '../../src/presets/index.ts';
import { normals } from '../../src/random.ts';
import { testOptions } from '../support/device.ts';

const ROWS = 600;
const { signal } = new AbortController();
let folder: string;
let file: string;

/** Two numbers, a label that decides the first, a small integer, and weights. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgflow-large-'));
  file = join(folder, 'large.csv');
  const z = normals(1, 80, 2 * ROWS);
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const numbers = [(z[2 * row] ?? 0) + (row % 2 === 0 ? 3 : -3), z[2 * row + 1]];
    return [...numbers, row % 2 === 0 ? 'right' : 'left', row % 3, 1 + (row % 4)].join(',');
  });
  writeFileSync(file, ['x,y,side,count,weight', ...lines, ''].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a table with more values than are kept', () => {
  it.each<[string, Partial<TrainingSetOptions>]>([
    ['plain numbers', { columns: ['x', 'y'] }],
    ['columns of all kinds', { columns: ['x', 'y', 'side', 'count'] }],
    ['numbers with a context and weights', { columns: ['x', 'y'], context: ['side'], weights: 'weight' }],
    ['rows of a file to score', { columns: ['x', 'y'], val: 'itself' }],
  ])('learns what the table in memory teaches: %s', async (_, options) => {
    const [kept, streamed] = [await trained(options), await trained({ ...options, maxValues: 100 })];
    expect(kept.set.data).toBeInstanceOf(Float64Array);
    expect(rowCount(streamed.set)).toBe(ROWS);
    expect(streamed.set).toMatchObject({
      columns: kept.set.columns,
      warnings: kept.set.warnings,
      ...(kept.set.heldOut && { heldOut: kept.set.heldOut }),
    });
    expect(streamed.gaussianNll).toBeCloseTo(kept.gaussianNll, 1);
    expect(Math.abs(streamed.nll - kept.nll)).toBeLessThan(0.15);
    expect(Object.keys(streamed.report)).toEqual(['samples.csv', 'report.html']);
    expect(streamed.report['report.html']).toContain(`${ROWS} rows`);
  });
});

async function trained(options: Partial<TrainingSetOptions>): Promise<{
  set: TrainingSet;
  nll: number;
  gaussianNll: number;
  report: Record<string, string>;
}> {
  const set = await readTrainingSet(file, {
    modelColumns: undefined,
    modelContext: undefined,
    modelHeldOut: undefined,
    modelTable: undefined,
    modelDomains: undefined,
    typesFor: () => new Map(),
    missing: 'model',
    form: { chunkCells: 500 },
    reading: (parts) => passed(parts),
    signal,
    ...options,
    ...(options.val === undefined ? {} : { val: file }),
  });
  const contextDim = contextFeatures(set.context?.columns ?? []);
  const spec = realnvp(set.columns.length, { couplings: 2, hidden: [8], contextDim, domain: set.domains });
  using flow = await Flow.create(spec, { ...(await testOptions()), seed: 1 });
  const settings = { steps: 60, batch: 64 };
  const fitted = fitOptionsOf(set, { settings }, { resumed: undefined, usualSteps: 60, signal });
  let nll = NaN;
  const losses: { step: number[]; nll: number[] } = { step: [], nll: [] };
  for await (const report of flow.fit(set.data, fitted)) {
    nll = report.nll;
    losses.step.push(report.step);
    losses.nll.push(report.nll);
  }
  const scores = { step: [], nll: [] };
  const outcome = {
    steps: 60,
    losses,
    scores,
    trainNll: nll,
    msPerStep: 1,
    samplesPerSecond: 1,
    adapter: 'any',
  };
  const report = await reportFiles(flow, set, outcome, { fitOptions: fitted, seed: 1, signal });
  return { set, nll, gaussianNll: flow.training?.validation?.gaussianNll ?? NaN, report };
}

async function* passed<Part>(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  yield* parts;
}
