/** The rows that a run learns from and is scored on. */
import type { Rows } from '../calls/callerArrays.ts';
import { takeContext } from '../calls/rows.ts';
import { fingerprint } from '../data/fingerprint.ts';
import type { ColumnRanges } from '../data/offset.ts';
import type { RowStream } from '../data/rowStream.ts';
import { heldRows, holdOut, MIN_TRAINING_ROWS } from '../data/holdOut.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { requireWeights, weightedPlaces, weightedRows } from '../data/weights.ts';
import { columnNamesOf, requireFiniteRows } from '../data/statistics.ts';
import { toyDensity } from '../data/toy.ts';
import { DataError, ShapeError } from '../errors.ts';
import type { Settings } from '../io/modelFile.ts';
import { contextFeatures, contextNames } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import { requireInside } from '../model/domain.ts';
import { datasetFor } from '../passes/batch.ts';
import type { BatchSource } from '../passes/batch.ts';
import { STREAMS } from '../random.ts';
import { domainsOf, cellWidthOf } from '../spec/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { DEFAULT_PATIENCE, isToy } from './options.ts';
import type { FitOptions, TrainingData, ValidationOptions } from './options.ts';

/** The training and validation rows of a run. */
export interface RunRows {
  source: BatchSource;
  /** The training rows, or a sample of those of a stream. Undefined for a toy density, whose points are fresh. */
  training?: ContextRows;
  /** The training rows in the order of the data set on the GPU; by default `training`. */
  blocks?: RowStream['blocks'];
  /** The weights of all training rows, if they differ. */
  weights?: Float32Array;
  /** The ranges of the columns, if `training` is a sample. */
  ranges?: ColumnRanges;
  validation?: ValidationRows;
  /** What a checkpoint keeps about them: fingerprints, the number of held-out rows, patience. */
  kept: Settings;
}

export interface ValidationRows extends ContextRows {
  /** Rows requested to be held out of the table; undefined if the validation rows are given separately. */
  heldOut?: number;
  /** Index of each row in the table that it was held out of, or in the validation rows if some of those have weight 0. */
  places?: Uint32Array;
  every: number | undefined;
  patience: number;
}

/** The seed of a run, and the settings of the run that it resumes. */
export interface EarlierRun {
  seed: number;
  stored: Settings | undefined;
}

/**
 * Checks the rows, and holds out validation rows from the table if none are given. A resumed run holds out
 * the same rows as before.
 * @throws {ShapeError | DataError} when the rows do not fit the flow, or differ from the earlier run's
 */
export function runRows(
  spec: FlowSpec,
  data: Exclude<TrainingData, RowStream>,
  options: FitOptions,
  { seed, stored }: EarlierRun,
): RunRows {
  const whole = sourceOf(spec, data);
  const context = contextOf(spec, whole, options);
  let table: ContextRows | undefined;
  if (isToy(data)) refuseWeights(options);
  else {
    requireFiniteRows(data, columnNamesOf(spec.dim, options.columns));
    requireInside(insideOf(data, options.widths), domainsOf(spec), options);
    const widths = widthsOf('fit option widths', data, options.widths ?? ownWidths(spec, data));
    table = weighted(spec, { data, ...(context && { context }), ...(widths && { widths }) }, options);
  }
  const source = table === undefined ? whole : sourceFor(spec, table);
  const rows = inTable(splitOf(spec, source, table, options, { seed, stored }), options);
  const print = table && fingerprint(arraysOf(table));
  return { ...rows, kept: keptRows(print, rows.validation, options, stored) };
}

/** The rows with their weights, without those of weight 0. @throws {ShapeError | DataError} when the weights do not fit */
function weighted(spec: FlowSpec, table: ContextRows, { weights }: FitOptions): ContextRows {
  if (weights === undefined) return table;
  const rows = table.data.length / spec.dim;
  requireWeights('fit option weights', weights, rows);
  const kept = weightedRows({ ...table, weights }, rows);
  requireEnough(kept.data.length / spec.dim);
  return kept;
}

/** @throws {ShapeError} when too few rows have a weight above 0 */
export function requireEnough(rows: number): void {
  if (rows >= MIN_TRAINING_ROWS) return;
  throw new ShapeError('fit option weights', `${rows} above 0`, `at least ${MIN_TRAINING_ROWS}`);
}

/** @throws {ShapeError} when there are weights */
function refuseWeights({ weights }: FitOptions): void {
  if (weights === undefined) return;
  throw new ShapeError(
    'fit option weights',
    `${weights.length} weights`,
    'none, as a toy density draws its own points',
  );
}

/** A table as the data set of the steps. */
export function sourceFor(
  spec: FlowSpec,
  { data, widths, weights }: ContextRows,
  rows = data.length / spec.dim,
): BatchSource {
  return {
    ...datasetFor(spec, rows),
    ...(widths && { hasWidths: true }),
    ...(weights && { isWeighted: true }),
  };
}

/** @throws {ShapeError} when the data do not fit the flow's features and classes */
function sourceOf(spec: FlowSpec, data: Exclude<TrainingData, RowStream>): BatchSource {
  const { dim, contextDim } = spec;
  if (isToy(data)) {
    const { shape, noise, classes, dim: features } = toyDensity(data.toy, { noise: data.noise });
    if (dim !== features) throw new ShapeError('spec.dim', String(dim), `${features}, that of ${data.toy}`);
    const source = { kind: 'toy', shape, noise, stream: STREAMS.toyTraining } as const;
    if (contextDim === 0) return source;
    if (contextDim !== classes || classes === 1) {
      const expected =
        classes === 1
          ? `0, since ${data.toy} has no classes`
          : `${classes}, the classes of ${data.toy}, or 0`;
      throw new ShapeError('spec.contextDim', String(contextDim), expected);
    }
    return { ...source, classes };
  }
  requireWhole('data', data, dim);
  return datasetFor(spec, data.length / dim);
}

/** A point inside each cell: an interval may begin at the edge of its domain. */
export function insideOf(data: Rows, widths: Float32Array | undefined): Rows {
  if (widths?.length !== data.length) return data;
  return data.map((value: number, place: number) => value + Math.max(widths[place] ?? 0, 0) / 2);
}

/** The widths of whole numbers that a flow takes as intervals; undefined if it takes numbers. */
function ownWidths(spec: FlowSpec, { length }: Rows): Float32Array | undefined {
  const width = cellWidthOf(spec);
  return width === undefined ? undefined : new Float32Array(length).fill(width);
}

/** @throws {ShapeError | DataError} when there is not one finite width for each value */
export function widthsOf(
  what: string,
  data: Rows,
  widths: Float32Array | undefined,
): Float32Array | undefined {
  if (widths === undefined) return undefined;
  if (widths.length !== data.length) {
    throw new ShapeError(what, `${widths.length} values`, `${data.length}, one for each value of the rows`);
  }
  const bad = widths.findIndex((width) => !Number.isFinite(width));
  if (bad >= 0) throw new DataError(`${what}: found ${widths[bad]}, expected a finite number`);
  return widths;
}

export function requireWhole(what: string, data: Rows, dim: number): void {
  if (data.length > 0 && data.length % dim === 0) return;
  throw new ShapeError(what, `${data.length} values`, `a positive multiple of dim = ${dim}`);
}

/**
 * The contexts of the training rows, if the flow has a context and the data are a table.
 * @throws {ShapeError} when they do not fit the rows, or the columns to be recorded
 * @throws {DataError} when one is not finite
 */
function contextOf(spec: FlowSpec, source: BatchSource, options: FitOptions): Float32Array | undefined {
  requireContextColumns(spec, options);
  const { context, contextColumns } = options;
  if (source.kind === 'toy') {
    if (context === undefined) return undefined;
    throw new ShapeError(
      'fit option context',
      `${context.length} values`,
      'none, as a toy density brings its own',
    );
  }
  return finiteContext('fit option context', spec, source.rows, context, contextColumns);
}

/** @throws {ShapeError} when the columns to be recorded do not fit the flow */
export function requireContextColumns({ contextDim }: FlowSpec, { contextColumns }: FitOptions): void {
  if (contextColumns === undefined || contextFeatures(contextColumns) === contextDim) return;
  const found = `${contextFeatures(contextColumns)} features in ${contextColumns.length} columns`;
  throw new ShapeError('fit option contextColumns', found, `${contextDim}, as spec.contextDim`);
}

/** @param firstRow the number of the first row */
export function finiteContext(
  what: string,
  spec: FlowSpec,
  rows: number,
  context: Float32Array | undefined,
  columns: readonly ContextColumn[] | undefined,
  firstRow = 1,
): Float32Array | undefined {
  const { contextDim } = spec;
  const given = takeContext(what, spec, rows, context);
  if (given === undefined) return undefined;
  if (given.length !== rows * contextDim) {
    const expected = `${contextDim} values (spec.contextDim) for each of the ${rows} rows`;
    throw new ShapeError(what, `${given.length} values`, expected);
  }
  const bad = given.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(`${what}: found ${given[bad]}, expected a finite number`, {
      row: firstRow + Math.floor(bad / contextDim),
      column: columns && contextNames(columns)[bad % contextDim],
    });
  }
  return given;
}

function splitOf(
  spec: FlowSpec,
  source: BatchSource,
  table: ContextRows | undefined,
  options: FitOptions,
  { seed, stored }: EarlierRun,
): Omit<RunRows, 'kept'> {
  const whole = { source, ...(table === undefined ? {} : { training: table }) };
  const rows = table && table.data.length / spec.dim;
  const scoring = scoringOf(spec, rows, options, stored);
  if (scoring === undefined) return whole;
  const { given, heldOut = 0, ...pace } = scoring;
  if (given !== undefined) return { ...whole, validation: { ...given, ...pace } };
  if (table === undefined || rows === undefined) return whole;
  const { training, held, heldPlaces } = holdOut(table, { rows, held: Math.min(heldOut, rows - 1), seed });
  if (held === undefined) return whole;
  return {
    source: sourceFor(spec, training),
    training,
    validation: { ...held, heldOut, places: heldPlaces, ...pace },
  };
}

/** The places of held-out rows are those in the whole table, with its rows of weight 0. */
function inTable<Split extends Omit<RunRows, 'kept'>>(split: Split, { weights }: FitOptions): Split {
  const { validation } = split;
  if (weights === undefined || validation?.heldOut === undefined) return split;
  const table = weightedPlaces(weights);
  return {
    ...split,
    validation: { ...validation, places: validation.places?.map((place) => table[place] ?? NaN) },
  };
}

/** The rows to score: given ones, or a number of rows to hold out of the table. */
interface Scoring extends Pick<ValidationRows, 'every' | 'patience' | 'heldOut'> {
  given?: ContextRows & Pick<ValidationRows, 'places'>;
}

/**
 * What to score; undefined for nothing.
 * @param rows of the table; undefined for a toy density
 */
export function scoringOf(
  spec: FlowSpec,
  rows: number | undefined,
  options: FitOptions,
  stored: Settings | undefined,
): Scoring | undefined {
  const { validation } = options;
  const known = stored && storedValidation(stored);
  const isUnasked = validation === undefined && (rows === undefined || known?.heldOut === 0);
  if (validation === false || isUnasked) return undefined;
  const { every, patience = known?.patience ?? DEFAULT_PATIENCE, fraction, data } = validation ?? {};
  if (data !== undefined) {
    if (fraction !== undefined) {
      throw new ShapeError('fit option validation', 'both data and fraction', 'one of them');
    }
    return { given: givenRows(spec, data, validation ?? {}, options), every, patience };
  }
  if (rows === undefined) {
    const advice = 'A toy density has no rows to hold out; give data, or leave the option out.';
    throw new ShapeError('fit option validation', 'no data', 'rows to score', advice);
  }
  if (fraction !== undefined) requireFraction(fraction, rows);
  const heldOut = fraction === undefined ? (known?.heldOut ?? heldRows(rows)) : heldRows(rows, fraction);
  return { heldOut, every, patience };
}

/** The held-out rows and the patience of an earlier run. */
function storedValidation({ heldOut, patience }: Settings): { heldOut: number; patience: number } {
  return {
    heldOut: typeof heldOut === 'number' ? heldOut : 0,
    patience: typeof patience === 'number' ? patience : Infinity,
  };
}

function requireFraction(fraction: number, rows: number): void {
  const held = Math.round(fraction * rows);
  if (held >= 1 && rows - held >= MIN_TRAINING_ROWS) return;
  throw new ShapeError(
    'fit option validation.fraction',
    String(fraction),
    `a share of the ${rows} rows between 0 and 1 that holds out at least 1 and leaves at least ${MIN_TRAINING_ROWS}`,
  );
}

/** Validation rows that are given separately. */
function givenRows(
  spec: FlowSpec,
  data: Rows,
  { context, widths: given, weights }: ValidationOptions,
  options: FitOptions,
): NonNullable<Scoring['given']> {
  requireWhole('validation.data', data, spec.dim);
  const bad = data.findIndex((value: number) => !Number.isFinite(value));
  if (bad >= 0) {
    const row = Math.floor(bad / spec.dim) + 1;
    throw new DataError(`validation: found ${data[bad]}, expected a finite number`, { row });
  }
  requireInside(insideOf(data, given), domainsOf(spec), { file: 'validation', ...options });
  const rows = data.length / spec.dim;
  const contexts = finiteContext('validation.context', spec, rows, context, options.contextColumns);
  const widths = widthsOf('validation.widths', data, given ?? ownWidths(spec, data));
  if (weights !== undefined) requireWeights('validation.weights', weights, rows);
  const scored = { data, ...(contexts && { context: contexts }), ...(widths && { widths }) };
  if (weights === undefined) return scored;
  return { ...weightedRows({ ...scored, weights }, rows), places: weightedPlaces(weights) };
}

/**
 * What a checkpoint keeps of the rows.
 * @param data the fingerprint of a table
 * @throws {DataError} if a resumed run has other rows than before
 */
export function keptRows(
  data: string | undefined,
  validation: ValidationRows | undefined,
  { newData }: FitOptions,
  stored: Settings | undefined,
): Settings {
  const { heldOut, patience = Infinity } = validation ?? {};
  const hasOwnRows = validation !== undefined && heldOut === undefined;
  const kept = {
    ...(data === undefined ? {} : { data }),
    ...(heldOut === undefined ? {} : { heldOut }),
    ...(hasOwnRows ? { validation: fingerprint(arraysOf(validation)) } : {}),
    ...(patience === Infinity ? {} : { patience }),
  };
  if (stored !== undefined && newData !== true) requireSameRows(kept, stored);
  return kept;
}

function arraysOf({ data, context, widths, weights }: ContextRows): (Rows | undefined)[] {
  return [data, context, ...[widths, weights].filter((values) => values !== undefined)];
}

/** @throws {DataError} if a resumed run has other rows than before */
function requireSameRows(kept: Settings, stored: Settings): void {
  // A checkpoint of wgflow 0.1.0 does not identify its rows.
  if (typeof stored['data'] !== 'string') return;
  const differing = (['data', 'heldOut', 'validation'] as const).find((name) => kept[name] !== stored[name]);
  if (differing === undefined) return;
  const problems = {
    data: 'found other rows than those the earlier run learned from, expected the same',
    heldOut: `found ${kept['heldOut'] ?? 0} of the rows held out, expected ${stored['heldOut'] ?? 0}, as in the earlier run`,
    validation: 'found other validation rows than those of the earlier run, expected the same',
  };
  const advice = 'Give the rows that it was trained on, or go on with others on purpose by newData.';
  throw new DataError(problems[differing], {}, advice);
}
