/** The folder that `train --report` writes: samples and the page with the pictures. */
import { csvHeader, csvRows } from '../data/csv.ts';
import type { Flow } from '../flow.ts';
import { STREAMS } from '../random.ts';
import { renderReport } from './report.ts';
import type { ReportInput } from './report.ts';
import type { TrainingOutcome, TrainOptions } from './train.ts';
import type { TrainingSet } from './trainingSet.ts';

/** Rows of samples.csv. */
const SAMPLE_ROWS = 10_000;
/** Points of each scatter. */
const SCATTER_ROWS = 2000;
/** Cells of the density picture along each side. */
const DENSITY_CELLS = 200;

/** The contents of `samples.csv` and `report.html`. */
export async function reportFiles(
  flow: Flow,
  set: TrainingSet,
  outcome: TrainingOutcome,
  options: TrainOptions,
): Promise<Record<string, string>> {
  const { dim } = flow;
  const seed = options.seed ?? 0;
  const samples = await flow.sample(SAMPLE_ROWS, { seed });
  const data =
    set.data instanceof Float32Array
      ? set.data.subarray(0, SCATTER_ROWS * dim)
      : (set.toy?.sample(seed, STREAMS.toyTest, 0, SCATTER_ROWS) ?? new Float32Array());
  const { z } = await flow.forward(data);
  const [first = 'x1', second = 'x2'] = set.columns;
  const html = renderReport({
    title: set.title,
    columns: [first, second],
    dim,
    data: firstTwo(data, dim),
    samples: firstTwo(samples.subarray(0, SCATTER_ROWS * dim), dim),
    latent: firstTwo(z, dim),
    ...(dim === 2 ? { density: await densityGrid(flow, data) } : {}),
    losses: outcome.losses,
    ...(outcome.floor === undefined ? {} : { entropy: outcome.floor }),
    ...(outcome.testNll === undefined ? {} : { testNll: outcome.testNll }),
    facts: factsOf(flow, set, outcome, options),
  });
  return { 'samples.csv': csvHeader(set.columns) + csvRows(samples, dim), 'report.html': html };
}

function firstTwo(rows: Float32Array, dim: number): Float32Array {
  if (dim === 2) return rows;
  return Float32Array.from(
    { length: (2 * rows.length) / dim },
    (_, i) => rows[Math.floor(i / 2) * dim + (i % 2)] ?? NaN,
  );
}

/** log p on a grid over the data, a little wider than they reach. */
async function densityGrid(flow: Flow, data: Float32Array): Promise<ReportInput['density']> {
  const xDomain = paddedRange(data, 0);
  const yDomain = paddedRange(data, 1);
  const grid = new Float32Array(2 * DENSITY_CELLS * DENSITY_CELLS);
  const centre = ([low, high]: [number, number], cell: number): number =>
    low + ((cell + 0.5) / DENSITY_CELLS) * (high - low);
  for (let row = 0; row < DENSITY_CELLS; row++) {
    for (let column = 0; column < DENSITY_CELLS; column++) {
      grid.set([centre(xDomain, column), centre(yDomain, row)], 2 * (row * DENSITY_CELLS + column));
    }
  }
  return {
    xDomain,
    yDomain,
    width: DENSITY_CELLS,
    height: DENSITY_CELLS,
    logDensity: await flow.logProb(grid),
  };
}

function paddedRange(rows: Float32Array, feature: number): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = feature; i < rows.length; i += 2) {
    const value = rows[i] ?? NaN;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const margin = 0.1 * (high - low);
  return [low - margin, high + margin];
}

function factsOf(
  flow: Flow,
  set: TrainingSet,
  outcome: TrainingOutcome,
  options: TrainOptions,
): [label: string, value: string][] {
  const couplings = flow.spec.bijectors.filter(({ type }) => type === 'affine_coupling').length;
  return [
    ['Model', `${flow.training?.preset ?? options.preset}, ${couplings} couplings`],
    ['Data', set.title],
    ['Steps', outcome.steps.toLocaleString('en')],
    ['Training NLL', `${outcome.trainNll.toFixed(4)} nats`],
    ...(outcome.valNll === undefined
      ? []
      : [['Validation NLL (best)', `${outcome.valNll.toFixed(4)} nats`] as [string, string]]),
    ['Time of a step', `${outcome.msPerStep.toFixed(2)} ms`],
    ['Samples per second', Math.round(outcome.samplesPerSecond).toLocaleString('en')],
    ['Seed', String(options.seed ?? 0)],
    ['Adapter', outcome.adapter],
  ];
}
