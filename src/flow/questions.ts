/** Questions about rows of a flow: which cell is odd, what a column can be, what a blank should have been. */
import { takeData, takeFloats } from '../calls/callerArrays.ts';
import type { GivenRows, NumberRows, Rows } from '../calls/callerArrays.ts';
import {
  FLOATS,
  integer,
  numberWhere,
  listOf,
  NAMES,
  POSITIVE,
  requireOptions,
  SEED,
  SIGNAL,
  TEXT,
} from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { takeContext } from '../calls/rows.ts';
import { joinedRows } from '../data/holdOut.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { ShapeError } from '../errors.ts';
import type { Flow } from './flow.ts';
import { requireRowCount } from './options.ts';
import { chunksOf } from '../plan/shape.ts';
import type { Column } from '../conditionals/columns.ts';
import type { Conditionals, GivenCells } from '../conditionals/conditionals.ts';
import { scoreColumn, SCORES } from '../conditionals/explain.ts';
import { cellOfSample, cellRowsOf, drawUnknown, setCell } from '../conditionals/gibbs.ts';
import { EffectiveSize, nearestSamples } from '../conditionals/given.ts';
import { predictColumn } from '../conditionals/predict.ts';
import type { Prediction } from '../conditionals/predict.ts';

/** Options of every question. */
export interface AskOptions {
  /** The width of each value of the rows [B, D], if cells are intervals: see `Cells`. */
  widths?: Float32Array | NumberRows;
  /** The context, if the flow has one: [B, C] or one row [C]. */
  context?: Float32Array | NumberRows;
  /**
   * Points drawn of each cell that is an interval. Default: one of the other cells of a row; of a column's own values, up to
   * 8 if there are few. More points take as many times longer, and average over what an interval does not say.
   */
  draws?: number;
  /** The estimated error, in nats, above which a cell takes more evaluations: 39, then 71, then 125. Default 0.005. */
  tolerance?: number;
  /** Index of the first row, if the rows come in pieces. Default 0. */
  firstRow?: number;
  /** Stops between parts of the work; the call throws the signal's reason. */
  signal?: AbortSignal;
}

export const DEFAULTS = { tolerance: 5e-3, sweeps: 20 } as const;

/** Rows whose conditionals are found at once. */
const ROWS_AT_ONCE = 8192;
/** Rows that go through their sweeps at once. */
const GIVEN_ROWS_AT_ONCE = 2048;

const ASK_RULES: OptionRules<keyof AskOptions> = {
  widths: FLOATS,
  context: FLOATS,
  draws: integer(1, 1024),
  tolerance: POSITIVE,
  firstRow: integer(0),
  signal: SIGNAL,
};

/** The cells of rows [B, C] for the C columns that the flow has learned. */
export interface Explanation {
  /** The names of the C columns. */
  columns: readonly string[];
  /** −log p(cell | the others) in nats, [B, C]: see `CellScores`. */
  surprise: Float64Array;
  /** log of the probability of a value at least as unlikely, [B, C]. */
  logPValue: Float64Array;
  /**
   * The share of the column's distribution below the cell, [B, C], where half of a discrete value counts as below it. If the
   * model is right, below + (u − ½) · mass with uniform u is uniform.
   */
  below: Float64Array;
  /** The probability of a cell that is a label, a whole number or a value that repeats, [B, C]; 0 of another number. */
  mass: Float64Array;
  /** The estimated error of each surprise in nats, [B, C]. */
  error: Float64Array;
}

/**
 * How odd each cell of the rows x [B, D] is, given the others of its row.
 * @throws {ShapeError | DataError} like `Flow.logProb`
 */
export async function explain(flow: Flow, x: GivenRows, options: AskOptions = {}): Promise<Explanation> {
  requireOptions('explain', options, ASK_RULES);
  const rows = takeCells(flow, x, options);
  const conditionals = await flow.conditionals();
  const { columns } = conditionals;
  const count = rows.values.length / flow.dim;
  const table = (): Float64Array => new Float64Array(count * columns.length);
  const found = { surprise: table(), logPValue: table(), below: table(), mass: table(), error: table() };
  for (const { start, part } of partsOf(rows, flow.dim, count)) {
    for (const [place, column] of columns.entries()) {
      const scores = await scoreColumn(conditionals, column, part, askedOf(options));
      for (const name of SCORES) {
        scores[name].forEach((value, row) => (found[name][(start + row) * columns.length + place] = value));
      }
    }
  }
  return { columns: columns.map(({ name }) => name), ...found };
}

export interface PredictOptions extends AskOptions {
  /** The name of the column. */
  column: string;
  /** Shares of the distribution, each between 0 and 1. Default 0.05, 0.5 and 0.95. */
  quantiles?: readonly number[];
}

export const QUANTILES = [0.05, 0.5, 0.95] as const;

const SHARE = numberWhere('a number between 0 and 1, both excluded', (value) => value > 0 && value < 1);

/**
 * The distribution of one column in each row of x [B, D], given the others; what the row has there does not matter.
 * @throws {ShapeError} for a column that the flow has not learned
 */
export async function predict(flow: Flow, x: GivenRows, options: PredictOptions): Promise<Prediction> {
  requireOptions(
    'predict',
    options,
    { ...ASK_RULES, column: TEXT, quantiles: listOf(SHARE, 'numbers between 0 and 1, both excluded', 1000) },
    ['column'],
  );
  const rows = takeCells(flow, x, options);
  const conditionals = await flow.conditionals();
  const column = columnNamed(conditionals, options.column);
  const quantiles = options.quantiles ?? QUANTILES;
  const count = rows.values.length / flow.dim;
  const parts: Prediction[] = [];
  for (const { part } of partsOf(rows, flow.dim, count)) {
    parts.push(await predictColumn(conditionals, column, part, { ...askedOf(options), quantiles }));
  }
  const joined = (of: (part: Prediction) => Float64Array): Float64Array =>
    Float64Array.from(parts.flatMap((part) => [...of(part)]));
  const empty = new Float64Array();
  const numbers = {
    mean: joined((part) => part.numbers?.mean ?? empty),
    quantiles: joined((part) => part.numbers?.quantiles ?? empty),
  };
  return {
    parts: parts[0]?.parts ?? 0,
    probabilities: joined((part) => part.probabilities),
    error: joined((part) => part.error),
    ...(parts[0]?.numbers && { numbers }),
  };
}

export interface ImputeOptions extends AskOptions {
  /** Whether each cell is unknown, by row and column of the flow: [B, C], C = `conditionals.columns.length`. */
  unknown: readonly (readonly boolean[])[];
  /** Rows drawn for each row, so that their spread shows what is not known. Default 1. */
  copies?: number;
  /** Seed of the draws; those of row i depend only on (seed, firstRow + i). Default 0. */
  seed?: number;
  /** Sweeps over the unknown cells of a row that has several. Default 20. */
  sweeps?: number;
}

/** Rows with drawn cells: the copies of a row are consecutive. */
export interface ImputedRows {
  /** [B · copies, D] */
  values: Rows;
  /** [B · copies, D] */
  widths: Float32Array;
}

/**
 * Rows x [B, D] with their unknown cells drawn from their distribution given the known ones: one unknown cell of a row
 * exactly, several by Gibbs sweeps. Values of unknown cells do not matter.
 * @throws {ShapeError | DataError} like `Flow.logProb`
 */
export async function impute(flow: Flow, x: GivenRows, options: ImputeOptions): Promise<ImputedRows> {
  requireOptions(
    'impute',
    options,
    {
      ...ASK_RULES,
      unknown: { expected: 'an array of rows of booleans', accepts: Array.isArray },
      copies: integer(1, 10_000),
      seed: SEED,
      sweeps: integer(1, 10_000),
    },
    ['unknown'],
  );
  const { unknown, copies = 1, seed = 0, sweeps = DEFAULTS.sweeps, firstRow = 0, signal } = options;
  const { dim } = flow;
  const given = takeCells(flow, x, options);
  const count = given.values.length / dim;
  const conditionals = await flow.conditionals();
  const { columns } = conditionals;
  if (unknown.length !== count || unknown.some((row) => row.length !== columns.length)) {
    throw new ShapeError('unknown', `${unknown.length} rows`, `${count} rows of ${columns.length} booleans`);
  }
  const rows = cellRowsOf(copied(given, dim, copies));
  rows.firstRow = firstRow * copies;
  const isUnknown = columns.map((_, place) =>
    Uint8Array.from({ length: count * copies }, (__, row) =>
      unknown[Math.floor(row / copies)]?.[place] === true ? 1 : 0,
    ),
  );
  const samples = await flow.sample(count * copies, {
    seed,
    firstRow: rows.firstRow,
    ...(rows.context && { context: rows.context }),
    signal,
  });
  columns.forEach((column, place) =>
    isUnknown[place]?.forEach((unknownHere, row) => {
      if (unknownHere === 1) setCell(rows, dim, column, row, cellOfSample(column, samples, dim, row));
    }),
  );
  await drawUnknown(conditionals, rows, isUnknown, { ...askedOf(options), seed, sweeps });
  return { values: rows.values, widths: rows.widths };
}

/** Options of `sampleGiven`. */
export interface SampleGivenOptions extends Omit<AskOptions, 'firstRow'> {
  /** One row [D] that has the known cells, with `widths`; its other cells do not matter. */
  row: GivenRows;
  /** The names of the known columns. */
  known: readonly string[];
  /** Seed of the draws. Default 0. */
  seed?: number;
  /** Default 20. */
  sweeps?: number;
}

/** Rows that share cells. */
export interface GivenSamples extends ImputedRows {
  /** As many independent rows would say as much about the distribution. */
  effectiveSize: number;
}

/**
 * Draws n rows [n, D] with the known cells of a row: each row starts from a sample of the flow that comes near, and goes
 * through Gibbs sweeps over its other cells.
 * @throws {ShapeError} when a column is unknown to the flow, or all are known
 */
export async function sampleGiven(flow: Flow, n: number, options: SampleGivenOptions): Promise<GivenSamples> {
  const drawn: ContextRows[] = [];
  const parts = sampleGivenParts(flow, n, options);
  let part = await parts.next();
  for (; part.done !== true; part = await parts.next()) {
    drawn.push({ data: part.value.values, widths: part.value.widths });
  }
  // The values keep their precision: the edges of a label's interval may lie between two float32.
  const { data: values = NO_ROWS, widths = NO_ROWS } = joinedRows(drawn) ?? {};
  return { values, widths, effectiveSize: part.value };
}

const NO_ROWS = new Float32Array();

/**
 * The rows of `sampleGiven` part by part, for more of them than fit the memory. Returns the effective size.
 * @param onProgress gets the number of rows so far; a part of the sweeps counts as that part of the rows
 */
export async function* sampleGivenParts(
  flow: Flow,
  n: number,
  options: SampleGivenOptions,
  onProgress?: (rows: number) => void,
): AsyncGenerator<ImputedRows, number> {
  const { firstRow: _, ...rules } = ASK_RULES;
  requireOptions(
    'sampleGiven',
    options,
    { ...rules, row: FLOATS, known: NAMES, seed: SEED, sweeps: integer(1, 10_000) },
    ['row', 'known'],
  );
  requireRowCount(n);
  const { row, known, context, widths, seed = 0, sweeps = DEFAULTS.sweeps, signal } = options;
  const { dim } = flow;
  const conditionals = await flow.conditionals();
  const { columns } = conditionals;
  const fixed = known.map((name) => columnNamed(conditionals, name));
  const free = columns.filter((column) => !fixed.includes(column));
  if (free.length === 0) throw new ShapeError('known', 'all columns', 'some columns to draw');
  const one = takeCells(flow, row, { ...(widths && { widths }), ...(context && { context }) });
  const near = await nearestSamples(flow.sample.bind(flow), conditionals, one, fixed, { seed, signal });
  const worth = new EffectiveSize(free, dim);
  for (let firstRow = 0; firstRow < n; firstRow += GIVEN_ROWS_AT_ONCE) {
    const count = Math.min(GIVEN_ROWS_AT_ONCE, n - firstRow);
    const rows = cellRowsOf({ ...copied(one, dim, count), firstRow });
    const starts = near.starts(firstRow, count);
    for (const column of free) {
      starts.forEach((sample, i) =>
        setCell(rows, dim, column, i, cellOfSample(column, near.samples, dim, sample)),
      );
    }
    const before = cellRowsOf(rows);
    const unknown = columns.map((column) => new Uint8Array(count).fill(free.includes(column) ? 1 : 0));
    const onSweep = (done: number): void => onProgress?.(firstRow + Math.floor((count * done) / sweeps));
    await drawUnknown(conditionals, rows, unknown, { ...askedOf(options), seed, sweeps, onSweep });
    worth.add(starts, before, rows);
    yield { values: rows.values, widths: rows.widths };
  }
  return worth.value;
}

function columnNamed({ columns }: Conditionals, name: string): Column {
  const column = columns.find((one) => one.name === name);
  if (column !== undefined) return column;
  throw new ShapeError('column', name, `one of ${columns.map((one) => one.name).join(', ')}`);
}

function askedOf({ draws, tolerance = DEFAULTS.tolerance, signal }: AskOptions) {
  return { draws, tolerance, signal };
}

/** Copies of the caller's rows, widths and contexts. */
function takeCells(flow: Flow, x: GivenRows, { widths, context, firstRow = 0 }: AskOptions): GivenCells {
  const { dim, spec } = flow;
  const values = takeData('x', x, dim);
  if (values.length % dim !== 0) {
    throw new ShapeError(
      'x',
      `${values.length} values`,
      `a multiple of dim = ${dim}`,
      'Rows are row-major [B, D].',
    );
  }
  const count = values.length / dim;
  const taken = widths && takeFloats('widths', widths, dim);
  if (taken !== undefined && taken.length !== values.length) {
    throw new ShapeError('widths', `${taken.length} values`, `${values.length}, one for each value of x`);
  }
  const contexts = takeContext('context', spec, count, context);
  const isShared = contexts?.length === spec.contextDim;
  const each =
    contexts && isShared
      ? Float32Array.from({ length: count * spec.contextDim }, (_, i) => contexts[i % spec.contextDim] ?? NaN)
      : contexts;
  return { values, ...(taken && { widths: taken }), ...(each && { context: each }), firstRow };
}

/** Each row `copies` times in a row. */
function copied({ values, widths, context, firstRow }: GivenCells, dim: number, copies: number): GivenCells {
  const count = values.length / dim;
  const of = <Of extends Rows>(rows: Of, width: number): Of => {
    const Made = rows.constructor as new (length: number) => Of;
    const made = new Made(count * copies * width);
    for (let row = 0; row < count * copies; row++) {
      const from = Math.floor(row / copies) * width;
      made.set(rows.subarray(from, from + width), row * width);
    }
    return made;
  };
  return {
    values: of(values, dim),
    ...(widths && { widths: of(widths, dim) }),
    ...(context && { context: of(context, context.length / count) }),
    ...(firstRow !== undefined && { firstRow }),
  };
}

function partsOf(
  { values, widths, context, firstRow = 0 }: GivenCells,
  dim: number,
  count: number,
): { start: number; part: GivenCells }[] {
  const contextDim = context === undefined ? 0 : context.length / count;
  return chunksOf(count, ROWS_AT_ONCE).map(({ start, count: rows }) => {
    const part = <Of extends Rows>(of: Of, width: number): Of =>
      of.subarray(start * width, (start + rows) * width) as Of;
    return {
      start,
      part: {
        values: part(values, dim),
        ...(widths && { widths: part(widths, dim) }),
        ...(context && { context: part(context, contextDim) }),
        firstRow: firstRow + start,
      },
    };
  });
}
