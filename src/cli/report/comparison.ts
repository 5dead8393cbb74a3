/** Collects what a report compares: held-out rows and samples, with their log-densities. */
import type { Rows } from '../../calls/callerArrays.ts';
import { drawCells } from '../../data/cells.ts';
import { evenPlaces } from '../../data/evenPlaces.ts';
import { chosenRows } from '../../data/holdOut.ts';
import type { ContextRows } from '../../data/holdOut.ts';
import { momentsOfSample } from '../../data/twoSamples.ts';
import { placesByWeight, weightedPlaces } from '../../data/weights.ts';
import { DataError } from '../../errors.ts';
import type { Flow } from '../../flow/flow.ts';
import { STREAMS } from '../../random.ts';
import { TableCodec } from '../../table/codec.ts';
import { isStream, isToy } from '../../training/options.ts';
import type { FitOptions } from '../../training/options.ts';
import { runRows } from '../../training/rows.ts';
import { streamedRows } from '../../training/streamedRows.ts';
import { energyOf } from '../checks.ts';
import { withUnsound } from '../rowResults.ts';
import type { TrainingSet } from '../trainingSet.ts';
import { pitsOf, surprisesOf } from './calibration.ts';
import { plainColumns, tableColumns } from './column.ts';
import type { ReportColumn } from './column.ts';
import type { Comparison, RowsKind } from './findings.ts';
import { leastLikely, worstOf } from './leastLikely.ts';

/** Rows that are compared, and values of them, at most. */
const MAX_ROWS = 10_000;
const MAX_VALUES = 2 ** 21;

interface Options {
  /** Samples [n, D] that the report has already, drawn without a context. */
  samples: Rows;
  fitOptions: FitOptions;
  seed: number;
  signal: AbortSignal;
}

/** Rows that the report judges the model by. */
interface JudgedRows extends ContextRows {
  kind: RowsKind;
  /** The line of each row in its file; undefined for fresh points. */
  lines?: Uint32Array;
  /** Rows of the training data, to compare with; undefined if these are such rows, or fresh points. */
  training?: ContextRows;
}

/** @throws the signal's reason once it is aborted */
export async function comparisonOf(flow: Flow, set: TrainingSet, options: Options): Promise<Comparison> {
  const { seed, signal } = options;
  const { dim } = flow;
  const most = Math.min(MAX_ROWS, Math.ceil(MAX_VALUES / dim));
  const judged = await judgedRows(flow, set, most, options);
  const logProb = await logProbOf(flow, judged, signal);
  const compared = byWeight(judged, judged.data.length / dim);
  const rows = chosenRows(judged, judged.data.length / dim, compared);
  const samples = await samplesLike(flow, rows, most, options);
  const sound = soundRows(samples.x, dim);
  const drawn = chosenRows(
    { data: samples.x, ...(samples.context && { context: samples.context }) },
    samples.x.length / dim,
    sound,
  );
  const cells = cellsOf(set, rows, drawn.data);
  const unsound = samples.x.length / dim - sound.length;
  const { training } = judged;
  const pits = await pitsOf(flow, rows, { seed, signal });
  const worst = leastLikely(judged, logProb, dim);
  return {
    rows: judged.kind,
    columns: cells.columns.map((column) => withPit(column, pits.get(column.name))),
    unsound,
    logProb: {
      rows: Array.from(compared, (row) => logProb[row] ?? NaN),
      samples: await logProbOfSamples(flow, cells.encode(drawn.data), drawn.context, signal),
    },
    ...(training && { nll: await nllsOf(flow, logProb, judged.weights, training, signal) }),
    ...(training?.widths && { cellNats: cellNatsOf({ ...training, widths: training.widths }, dim, seed) }),
    ...(unsound === 0 && compared.length > 1 && { energy: energyFacts(rows, samples, dim, seed) }),
    worst: worstOf(set, worst, await surprisesOf(flow, worst.rows, signal), dim),
  };
}

/** The held-out rows, else the training rows, or fresh points of a toy density: at most `most`. */
async function judgedRows(
  flow: Flow,
  set: TrainingSet,
  most: number,
  { fitOptions, seed }: Options,
): Promise<JudgedRows> {
  const { data, toy, heldOut } = set;
  if (isToy(data)) {
    const place = [seed, STREAMS.toyTest, 0, most] as const;
    const points = toy?.sample(...place) ?? new Float32Array();
    const context = flow.spec.contextDim > 0 ? toy?.sampleClasses(...place) : undefined;
    return { kind: 'fresh points', data: points, ...(context && { context }) };
  }
  const stored = fitOptions.resume === true ? { heldOut: heldOut?.rows ?? 0 } : undefined;
  const options = { ...fitOptions, newData: true };
  const split = isStream(data)
    ? await streamedRows(flow.spec, data, options, { seed, stored })
    : runRows(flow.spec, data, options, { seed, stored });
  const { validation, training } = split;
  const part = (rows: ContextRows): { rows: ContextRows; places: Uint32Array } => {
    const count = rows.data.length / flow.dim;
    const places = evenPlaces(count, most);
    return { rows: places.length === count ? rows : chosenRows(rows, count, places), places };
  };
  const lineOf = (place: number): number => set.lines?.of(place) ?? place + 1;
  if (validation === undefined) {
    const { rows, places } = part(training ?? { data: new Float64Array() });
    // A stream keeps a sample of its rows, and not their places.
    if (isStream(data)) return { kind: 'training rows', ...rows };
    const weighted = set.weights?.data && weightedPlaces(set.weights.data);
    return {
      kind: 'training rows',
      ...rows,
      lines: places.map((place) => lineOf(weighted?.[place] ?? place)),
    };
  }
  const { places: scored, data: values, context, widths, weights: own } = validation;
  const { rows, places } = part({
    data: values,
    ...(context && { context }),
    ...(widths && { widths }),
    ...(own && { weights: own }),
  });
  return {
    ...rows,
    kind: validation.heldOut === undefined ? 'validation rows' : 'held-out rows',
    lines: places.map((place) => lineOf(scored?.[place] ?? place)),
    ...(training && { training: part(training).rows }),
  };
}

interface Samples {
  /** [m, D] */
  x: Rows;
  /** [m, C] */
  context?: Float32Array;
}

/** Samples given the contexts of the rows, in their order. */
async function samplesLike(
  flow: Flow,
  { context }: ContextRows,
  most: number,
  { samples, seed, signal }: Options,
): Promise<Samples> {
  if (context === undefined) return { x: samples.subarray(0, most * flow.dim) };
  const width = flow.spec.contextDim;
  const given = Float32Array.from({ length: most * width }, (_, i) => context[i % context.length] ?? NaN);
  return { x: await withUnsound(flow.sample(most, { seed, signal, context: given })), context: given };
}

/** The rows whose values are all finite. */
function soundRows(values: Rows, dim: number): Uint32Array {
  const rows = Uint32Array.from({ length: values.length / dim }, (_, row) => row);
  return rows.filter((row) => values.subarray(row * dim, (row + 1) * dim).every(Number.isFinite));
}

/** Rows that count alike: all of them, or some drawn by their weights. */
function byWeight({ weights }: ContextRows, rows: number): Uint32Array {
  return weights === undefined ? evenPlaces(rows, rows) : placesByWeight(weights);
}

/** The columns of the report, and how samples become rows that have a log-density. */
function cellsOf(
  { codec, columns }: TrainingSet,
  rows: ContextRows,
  samples: Rows,
): { columns: Comparison['columns']; encode: (samples: Rows) => EncodedSamples } {
  if (codec === undefined) {
    return { columns: plainColumns(columns, rows.data, samples), encode: (x) => ({ values: x }) };
  }
  const texts = codec.decodeDrawn(samples);
  return {
    columns: tableColumns(codec, codec.decodeCells(rows.data, rows.widths), texts),
    encode: () => encoded(codec, texts),
  };
}

interface EncodedSamples {
  values: Rows;
  widths?: Float32Array;
  /** The samples that have cells; by default all. */
  places?: number[];
}

/** Samples as cells. A number so small that its column cannot write it has none. */
function encoded({ columns }: TableCodec, texts: readonly (readonly string[])[]): EncodedSamples {
  const codec = new TableCodec(columns);
  const cells = texts.map((row) => {
    try {
      return codec.encode([row]);
    } catch (error) {
      if (error instanceof DataError) return undefined;
      throw error;
    }
  });
  const places = cells.flatMap((cell, place) => (cell === undefined ? [] : [place]));
  const [values, widths] = [
    new Float64Array(places.length * codec.dim),
    new Float32Array(places.length * codec.dim),
  ];
  places.forEach((place, index) => {
    values.set(cells[place]?.values ?? [], index * codec.dim);
    widths.set(cells[place]?.widths ?? [], index * codec.dim);
  });
  return { values, widths, places };
}

async function logProbOfSamples(
  flow: Flow,
  { values, widths, places }: EncodedSamples,
  context: Float32Array | undefined,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (values.length === 0) return new Float32Array();
  const width = flow.spec.contextDim;
  const given =
    context && places
      ? Float32Array.from(
          places.flatMap((place) => [...context.subarray(place * width, (place + 1) * width)]),
        )
      : context;
  return logProbOf(
    flow,
    { data: values, ...(widths && { widths }), ...(given && { context: given }) },
    signal,
  );
}

/** log p of each row; −∞ for a row that float32 cannot score. */
async function logProbOf(
  flow: Flow,
  { data, widths, context }: ContextRows,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (data.length === 0) return new Float32Array();
  const found = await withUnsound(flow.logProb(data, { widths, context, signal }));
  return found.map((value) => (Number.isFinite(value) ? value : -Infinity));
}

/** The means of −log p of the rows that have a density, and the standard error of their difference. */
async function nllsOf(
  flow: Flow,
  logProb: Float32Array,
  weights: Float32Array | undefined,
  training: ContextRows,
  signal: AbortSignal,
): Promise<Comparison['nll']> {
  const finite = (values: Float32Array, of: ContextRows): number[] =>
    [...byWeight(of, values.length)].map((row) => -(values[row] ?? NaN)).filter(Number.isFinite);
  const rows = finite(logProb, weights === undefined ? { data: logProb } : { data: logProb, weights });
  const learned = finite(await logProbOf(flow, training, signal), training);
  if (rows.length < 2 || learned.length < 2) return undefined;
  const [a, b] = [momentsOfSample(rows), momentsOfSample(learned)];
  return {
    rows: a.mean,
    training: b.mean,
    error: Math.sqrt(a.sd ** 2 / rows.length + b.sd ** 2 / learned.length),
  };
}

/** A point of each row of cells. */
function pointsOf({ data, widths }: ContextRows, dim: number, seed: number): Rows {
  return widths === undefined ? data : drawCells({ values: data, widths }, dim, { seed }).values;
}

/** What the volumes of cells take from log p of their points. */
function cellNatsOf(
  { data, widths }: ContextRows & { widths: Float32Array },
  dim: number,
  seed: number,
): number {
  const { logVolume } = drawCells({ values: data, widths }, dim, { seed });
  return -logVolume.reduce((sum, value) => sum + value, 0) / logVolume.length;
}

function energyFacts(
  rows: ContextRows,
  { x }: Samples,
  dim: number,
  seed: number,
): NonNullable<Comparison['energy']> {
  const points = pointsOf(rows, dim, seed);
  const { distance, reference, bound } = energyOf(points, x, dim, rows.context ?? new Float32Array()).facts;
  return { distance: Number(distance), reference: Number(reference), bound: Number(bound) };
}

function withPit(column: ReportColumn, pit: readonly number[] | undefined): ReportColumn {
  return pit === undefined ? column : { ...column, pit };
}
