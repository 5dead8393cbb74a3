/** The contents of the folder of `train --report`: samples and the page with the pictures. */
import { csvHeader, csvRows, csvCells } from '../data/csv.ts';
import type { Rows } from '../calls/callerArrays.ts';
import { drawCells } from '../data/cells.ts';
import { isStream, isToy } from '../training/options.ts';
import type { FitOptions } from '../training/options.ts';
import type { Flow } from '../flow/flow.ts';
import { domainsOf, offsetOf } from '../spec/offset.ts';
import { STREAMS } from '../random.ts';
import { imageReportFiles } from './images/report.ts';
import { withUnsound } from './rowResults.ts';
import { comparisonOf } from './report/comparison.ts';
import { findingsOf } from './report/findings.ts';
import type { RunFindings } from './report/findings.ts';
import { renderReport } from './report.ts';
import type { ReportInput } from './report.ts';
import type { TrainingOutcome } from './trainingLoop.ts';
import { RECENT_STEPS } from '../training/report.ts';
import { SHOWN_ROWS } from './tableStream.ts';
import { rowCount } from './trainingSet.ts';
import type { TrainingSet } from './trainingSet.ts';

/** Rows of samples.csv. */
const SAMPLE_ROWS = 10_000;
/** Points per scatter. */
const SCATTER_ROWS = SHOWN_ROWS;
/** Cells of the density picture per side. */
const DENSITY_CELLS = 200;

interface RunFrame {
  fitOptions: FitOptions;
  seed: number;
  signal: AbortSignal;
}

/** The contents of the folder besides the model. @throws the signal's reason once it is aborted */
export async function filesOfReport(
  flow: Flow,
  set: TrainingSet,
  outcome: TrainingOutcome,
  run: RunFrame,
): Promise<Record<string, string | Uint8Array>> {
  if (set.image === undefined) return reportFiles(flow, set, outcome, run);
  const facts = factsOf(flow, set, outcome, run.seed);
  return imageReportFiles(flow, set, { ...run, outcome, facts });
}

/** The contents of `samples.csv` and `report.html`. */
export async function reportFiles(
  flow: Flow,
  set: TrainingSet,
  outcome: TrainingOutcome,
  { fitOptions, seed, signal }: RunFrame,
): Promise<Record<string, string>> {
  const { dim } = flow;
  const { rows: data, context } = shownRows(flow, set, seed);
  const cycledContext = context && cycled(context, SAMPLE_ROWS * flow.spec.contextDim);
  // A chart states how many points are not finite; a report on a poor model is better than none.
  const samples = await withUnsound(flow.sample(SAMPLE_ROWS, { seed, signal, context: cycledContext }));
  const { z } = await withUnsound(flow.forward(data, { context, signal }));
  const options = { samples, fitOptions, seed, signal };
  const comparison = await comparisonOf(flow, set, options);
  const pair = shownPair(set, dim);
  const [first, second] = pair;
  const html = renderReport({
    title: set.title,
    columns: [set.columns[first] ?? 'x1', set.columns[second] ?? 'x2'],
    columnCount: set.codec?.learned.length ?? dim,
    dim,
    data: twoOf(data, dim, pair),
    samples: twoOf(samples.subarray(0, SCATTER_ROWS * dim), dim, pair),
    latent: twoOf(z, dim, [0, 1]),
    ...(dim === 2 ? { density: await densityGrid(flow, data, context, signal) } : {}),
    losses: outcome.losses,
    scores: outcome.scores,
    findings: findingsOf(comparison, runFindings(outcome, fitOptions)),
    ...(outcome.floor === undefined ? {} : { entropy: outcome.floor }),
    ...(outcome.testNll === undefined ? {} : { testNll: outcome.testNll }),
    facts: factsOf(flow, set, outcome, seed),
  });
  return {
    'samples.csv': samplesText(flow, set, samples),
    'report.html': html,
  };
}

function runFindings(
  { steps, validation, skippedSteps: skipped, valNll: validationNll }: TrainingOutcome,
  { steps: asked }: FitOptions,
): RunFindings {
  const { bestStep, gaussianNll } = validation ?? {};
  return {
    steps,
    ...(asked !== undefined && { asked }),
    ...(bestStep !== undefined && { bestStep }),
    ...(skipped !== undefined && { skipped }),
    ...(validationNll !== undefined && { validationNll }),
    ...(gaussianNll !== undefined && { gaussianNll }),
  };
}

function samplesText(flow: Flow, { codec, columns }: TrainingSet, samples: Rows): string {
  if (codec === undefined) return csvHeader(columns) + csvRows(samples, flow.dim, [], offsetOf(flow.spec));
  return csvHeader(codec.columns.map(({ name }) => name)) + csvCells(codec.decodeDrawn(samples));
}

/** Rows of the data for the pictures, with their contexts if the flow is conditional. */
function shownRows(
  flow: Flow,
  { data, toy, ...set }: TrainingSet,
  seed: number,
): { rows: Rows; context: Float32Array | undefined } {
  const { contextDim } = flow.spec;
  if (!isToy(data)) {
    const {
      data: values,
      widths,
      context: given,
    } = isStream(data) ? data.shown() : { data, widths: set.widths, context: set.context?.data };
    const points = widths === undefined ? values : drawCells({ values, widths }, flow.dim, { seed }).values;
    return { rows: spreadRows(points, flow.dim), context: given && spreadRows(given, contextDim) };
  }
  const place = [seed, STREAMS.toyTest, 0, SCATTER_ROWS] as const;
  return {
    rows: toy?.sample(...place) ?? new Float32Array(),
    context: contextDim === 0 ? undefined : toy?.sampleClasses(...place),
  };
}

/** The values, repeated up to `length`. */
function cycled(values: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => values[i % values.length] ?? NaN);
}

/** Rows picked evenly from the table, which may be sorted. */
function spreadRows<Values extends Rows>(rows: Values, dim: number): Values {
  const count = rows.length / dim;
  if (count <= SCATTER_ROWS) return rows;
  const spread = rows.slice(0, SCATTER_ROWS * dim) as Values;
  for (let i = 0; i < SCATTER_ROWS; i++) {
    const row = Math.floor((i * count) / SCATTER_ROWS);
    spread.set(rows.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return spread;
}

/** The two features that the scatters show. */
function shownPair({ codec }: TrainingSet, dim: number): readonly [number, number] {
  if (codec === undefined || dim === 2) return [0, 1];
  const [first = 0, second = first === 0 ? 1 : 0] = codec.shown;
  return [first, second];
}

/** Two features of each row. */
function twoOf(rows: Rows, dim: number, pair: readonly [number, number]): Rows {
  return Float64Array.from(
    { length: (2 * rows.length) / dim },
    (_, i) => rows[Math.floor(i / 2) * dim + (pair[i % 2] ?? 0)] ?? NaN,
  );
}

/** log p on a grid slightly larger than the data; for a conditional flow, the mean over contexts. */
async function densityGrid(
  flow: Flow,
  data: Rows,
  context: Float32Array | undefined,
  signal: AbortSignal,
): Promise<ReportInput['density']> {
  const xDomain = rangeInside(flow, data, 0);
  const yDomain = rangeInside(flow, data, 1);
  const grid = new Float64Array(2 * DENSITY_CELLS * DENSITY_CELLS);
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
    logDensity:
      context === undefined
        ? await withUnsound(flow.logProb(grid, { signal }))
        : await marginalLogProb(flow, grid, context, signal),
  };
}

/** Maximum number of contexts, the most frequent ones, in the mean density. */
const DENSITY_CONTEXTS = 16;

/** log Σ w p(x | c) over the contexts, each weighted by its share w of the rows. */
async function marginalLogProb(
  flow: Flow,
  grid: Float64Array,
  contexts: Float32Array,
  signal: AbortSignal,
): Promise<Float32Array> {
  const width = flow.spec.contextDim;
  const counts = new Map<string, { context: Float32Array; count: number }>();
  for (let start = 0; start < contexts.length; start += width) {
    const context = contexts.subarray(start, start + width);
    const known = counts.get(context.join()) ?? { context, count: 0 };
    counts.set(context.join(), { context, count: known.count + 1 });
  }
  const most = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, DENSITY_CONTEXTS);
  const total = most.reduce((sum, { count }) => sum + count, 0);
  const density = new Float64Array(grid.length / flow.dim);
  for (const { context, count } of most) {
    const logProb = await withUnsound(flow.logProb(grid, { context, signal }));
    logProb.forEach((value, i) => (density[i] = (density[i] ?? 0) + (count / total) * Math.exp(value)));
  }
  return Float32Array.from(density, Math.log);
}

/** The range of a feature with a margin, limited to its domain. */
function rangeInside({ spec }: Flow, rows: Rows, feature: number): [number, number] {
  const [low, high] = paddedRange(rows, feature);
  const domain = domainsOf(spec)?.[feature] ?? 'real';
  return [domain === 'real' ? low : Math.max(low, 0), domain === 'unit' ? Math.min(high, 1) : high];
}

function paddedRange(rows: Rows, feature: number): [number, number] {
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
  const { hidden = [], residualBlocks } = couplings[0]?.conditioner ?? {};
  const residual = residualBlocks === undefined ? '' : ` in residual blocks (${residualBlocks})`;
  const recent = Math.min(RECENT_STEPS, outcome.losses.nll.length);
  const rows = isToy(set.data) ? undefined : rowCount(set);
  const facts: [label: string, value: string | undefined][] = [
    [
      'Model',
      `${flow.training?.preset ?? 'flow'}, ${couplings.length} couplings, hidden ${hidden.join('-')}${residual}`,
    ],
    [
      'Data',
      `${set.title}, ${rows === undefined ? 'fresh points' : `${inWords(rows)} ${set.image ? 'images' : 'rows'}`}`,
    ],
    ['Shape', set.image?.join(' × ')],
    ['Steps', inWords(outcome.steps)],
    [
      'Training NLL',
      recent === 0 ? undefined : `${outcome.trainNll.toFixed(4)} nats, mean of the last ${recent} steps`,
    ],
    [
      'Validation NLL',
      outcome.valNll === undefined ? undefined : `${outcome.valNll.toFixed(4)} nats, the best score`,
    ],
    ['Time of a step', recent === 0 ? undefined : `${outcome.msPerStep.toFixed(2)} ms`],
    ['Samples per second', recent === 0 ? undefined : inWords(Math.round(outcome.samplesPerSecond))],
    ['Seed', String(seed)],
    ['Adapter', outcome.adapter],
  ];
  return facts.flatMap(([label, value]): [string, string][] => (value === undefined ? [] : [[label, value]]));
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}
