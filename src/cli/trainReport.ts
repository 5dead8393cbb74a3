/** The folder that `train --report` writes: samples and the page with the pictures. */
import { csvHeader, csvRows } from '../data/csv.ts';
import { domainsOf } from '../domain.ts';
import type { Flow } from '../flow.ts';
import { STREAMS } from '../random.ts';
import { renderReport } from './report.ts';
import type { ReportInput } from './report.ts';
import type { TrainingOutcome } from './train.ts';
import { RECENT_STEPS } from './trainingLoop.ts';
import type { TrainingSet } from './trainingSet.ts';

/** Rows of samples.csv. */
const SAMPLE_ROWS = 10_000;
/** Points of each scatter. */
const SCATTER_ROWS = 2000;
/** Cells of the density picture along each side. */
const DENSITY_CELLS = 200;

/** The contents of `samples.csv` and `report.html`. @throws the signal's reason once it is aborted */
export async function reportFiles(
  flow: Flow,
  set: TrainingSet,
  outcome: TrainingOutcome,
  { seed, signal }: { seed: number; signal: AbortSignal },
): Promise<Record<string, string>> {
  const { dim } = flow;
  const samples = await flow.sample(SAMPLE_ROWS, { seed, signal });
  const data =
    set.data instanceof Float32Array
      ? spreadRows(set.data, dim)
      : (set.toy?.sample(seed, STREAMS.toyTest, 0, SCATTER_ROWS) ?? new Float32Array());
  const { z } = await flow.forward(data, { signal });
  const [first = 'x1', second = 'x2'] = set.columns;
  const html = renderReport({
    title: set.title,
    columns: [first, second],
    dim,
    data: firstTwo(data, dim),
    samples: firstTwo(samples.subarray(0, SCATTER_ROWS * dim), dim),
    latent: firstTwo(z, dim),
    ...(dim === 2 ? { density: await densityGrid(flow, data, signal) } : {}),
    losses: outcome.losses,
    ...(outcome.floor === undefined ? {} : { entropy: outcome.floor }),
    ...(outcome.testNll === undefined ? {} : { testNll: outcome.testNll }),
    ...(outcome.valNll === undefined ? {} : { validationNll: outcome.valNll }),
    facts: factsOf(flow, set, outcome, seed),
  });
  return { 'samples.csv': csvHeader(set.columns) + csvRows(samples, dim), 'report.html': html };
}

/** Rows evenly spread over the table, which may be sorted. */
function spreadRows(rows: Float32Array, dim: number): Float32Array {
  const count = rows.length / dim;
  if (count <= SCATTER_ROWS) return rows;
  const spread = new Float32Array(SCATTER_ROWS * dim);
  for (let i = 0; i < SCATTER_ROWS; i++) {
    const row = Math.floor((i * count) / SCATTER_ROWS);
    spread.set(rows.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return spread;
}

function firstTwo(rows: Float32Array, dim: number): Float32Array {
  if (dim === 2) return rows;
  return Float32Array.from(
    { length: (2 * rows.length) / dim },
    (_, i) => rows[Math.floor(i / 2) * dim + (i % 2)] ?? NaN,
  );
}

/** log p on a grid over the data, a little wider than they reach. */
async function densityGrid(
  flow: Flow,
  data: Float32Array,
  signal: AbortSignal,
): Promise<ReportInput['density']> {
  const xDomain = rangeInside(flow, data, 0);
  const yDomain = rangeInside(flow, data, 1);
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
    logDensity: await flow.logProb(grid, { signal }),
  };
}

/** The range of a feature with a margin, as far as its domain has one. */
function rangeInside({ spec }: Flow, rows: Float32Array, feature: number): [number, number] {
  const [low, high] = paddedRange(rows, feature);
  const domain = domainsOf(spec)?.[feature] ?? 'real';
  return [domain === 'real' ? low : Math.max(low, 0), domain === 'unit' ? Math.min(high, 1) : high];
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
  seed: number,
): [label: string, value: string][] {
  const couplings = flow.spec.bijectors.filter((bijector) => 'conditioner' in bijector);
  const hidden = couplings[0]?.conditioner.hidden.join('-') ?? '';
  const recent = Math.min(RECENT_STEPS, outcome.losses.nll.length);
  const rows = set.data instanceof Float32Array ? set.data.length / flow.dim : undefined;
  const facts: [label: string, value: string | undefined][] = [
    ['Model', `${flow.training?.preset ?? 'flow'}, ${couplings.length} couplings, hidden ${hidden}`],
    ['Data', rows === undefined ? `${set.title}, fresh points` : `${set.title}, ${inWords(rows)} rows`],
    ['Steps', inWords(outcome.steps)],
    ['Training NLL', `${outcome.trainNll.toFixed(4)} nats, mean of the last ${recent} steps`],
    [
      'Validation NLL',
      outcome.valNll === undefined ? undefined : `${outcome.valNll.toFixed(4)} nats, the best score`,
    ],
    ['Time of a step', `${outcome.msPerStep.toFixed(2)} ms`],
    ['Samples per second', inWords(Math.round(outcome.samplesPerSecond))],
    ['Seed', String(seed)],
    ['Adapter', outcome.adapter],
  ];
  return facts.flatMap(([label, value]): [string, string][] => (value === undefined ? [] : [[label, value]]));
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}
