/** Rows of a table that training never sees. Their score decides when to stop. */
import type { Rows } from '../calls/callerArrays.ts';
import { shuffledRow, shuffleKeys, splitSeed } from '../random.ts';

/** Rows [N, D], their contexts [N, C] if the flow has one, and their weights [N] if they differ. */
export interface ContextRows {
  /** Rows [N, D]. */
  data: Rows;
  /** Contexts [N, C]. */
  context?: Float32Array;
  /** The widths [N, D] of the cells, if some are intervals: see `Cells`. */
  widths?: Float32Array;
  /** Weights ≥ 0 [N]. */
  weights?: Float32Array;
}

export interface Split {
  training: ContextRows;
  /** Undefined if the table has too few rows to hold any out. */
  held?: ContextRows;
  /** Index of each held-out row in the table. */
  heldPlaces?: Uint32Array;
}

/** Default share of held-out rows, and their maximum, which is enough for an accurate mean. */
const DEFAULT_FRACTION = 0.1;
const MAX_DEFAULT_ROWS = 10_000;
/** Training needs this many rows. */
export const MIN_TRAINING_ROWS = 2;

/** Count of held-out rows out of `rows`: the given share, or the default. */
export function heldRows(rows: number, fraction?: number): number {
  const held = Math.max(1, Math.round((fraction ?? DEFAULT_FRACTION) * rows));
  const limit = fraction === undefined ? MAX_DEFAULT_ROWS : Infinity;
  return Math.max(0, Math.min(held, limit, rows - MIN_TRAINING_ROWS));
}

/**
 * Holds out `held` random rows; the choice depends only on the seed and the row count. If holding out a row
 * would make a column or a context constant, it stays for training, so that every label is learned.
 */
export function holdOut(
  table: ContextRows,
  { rows, held, seed }: { rows: number; held: number; seed: number },
): Split {
  const order = holdOutOrder(rows, rows, seed);
  const kept = rowsToKeep(table, order, held);
  const heldOrder = order.subarray(0, held).filter((row) => !kept.has(row));
  const trainingOrder = Uint32Array.from({ length: rows - heldOrder.length });
  trainingOrder.set(order.subarray(held));
  trainingOrder.set([...kept], rows - held);
  return {
    training: chosenRows(table, rows, trainingOrder),
    ...(heldOrder.length > 0 && { held: chosenRows(table, rows, heldOrder), heldPlaces: heldOrder }),
  };
}

/** The first `count` of `rows` rows in the order of the split, the held-out ones first. */
export function holdOutOrder(rows: number, count: number, seed: number): Uint32Array {
  const keys = shuffleKeys(splitSeed(seed), HOLD_OUT_EPOCH);
  return Uint32Array.from({ length: count }, (_, i) => shuffledRow(i, rows, keys));
}

/** An epoch that training never reaches, so that the split and the epochs use different shuffles. */
const HOLD_OUT_EPOCH = 2 ** 32 - 1;

/**
 * Of the first `held` rows in this order, those that stay for training: without them a column or a context would be
 * constant, or a level would not be learned.
 */
export function rowsToKeep(
  { data, context, widths }: ContextRows,
  order: Uint32Array,
  held: number,
): Set<number> {
  const kept = keepVaried([data, ...(context === undefined ? [] : [context])], order, held);
  if (widths !== undefined) keepLevels(data, widths, order, held, kept);
  return kept;
}

/** One row for each column that would be constant without it. */
function keepVaried(tables: readonly Rows[], order: Uint32Array, held: number): Set<number> {
  const kept = new Set<number>();
  for (const table of tables) {
    const width = table.length / order.length;
    for (let column = 0; column < width; column++) {
      const at = (row: number): number => table[row * width + column] ?? NaN;
      const value = at(order[held] ?? NaN);
      const isOther = (row: number): boolean => at(row) !== value;
      if (order.subarray(held).some(isOther) || [...kept].some(isOther)) continue;
      const row = order.subarray(0, held).find(isOther);
      if (row !== undefined) kept.add(row);
    }
  }
  return kept;
}

/** Whether a cell of this width is a level of a column of labels: a part of the unit interval. */
export const isLevel = (width = 0): boolean => width > 0 && width < 1;

/** Adds a row for each level, the start of an interval, that no other training row has. */
function keepLevels(
  data: Rows,
  widths: Float32Array,
  order: Uint32Array,
  held: number,
  kept: Set<number>,
): void {
  const dim = data.length / order.length;
  for (let column = 0; column < dim; column++) {
    const levels = new Set<number>();
    const level = (row: number): number => data[row * dim + column] ?? NaN;
    for (const row of order.subarray(held)) {
      if (isLevel(widths[row * dim + column])) levels.add(level(row));
    }
    if (levels.size === 0) continue;
    for (const row of order.subarray(0, held)) {
      if (!isLevel(widths[row * dim + column]) || levels.has(level(row))) continue;
      levels.add(level(row));
      kept.add(row);
    }
  }
}

/** The parts of a table of rows. */
export const ROW_PARTS = ['data', 'context', 'widths', 'weights'] as const;

/** Tables with the same parts as one; undefined for none. */
export function joinedRows(tables: readonly ContextRows[]): ContextRows | undefined {
  const [first] = tables;
  if (first === undefined || tables.length === 1) return first;
  const entries = ROW_PARTS.filter((part) => first[part] !== undefined).map((part) => {
    const isDouble = first[part] instanceof Float64Array;
    const arrays = tables.map((table) => table[part] ?? new Float32Array());
    const joined = new (isDouble ? Float64Array : Float32Array)(
      arrays.reduce((sum, { length }) => sum + length, 0),
    );
    let offset = 0;
    for (const array of arrays) {
      joined.set(array, offset);
      offset += array.length;
    }
    return [part, joined];
  });
  return Object.fromEntries(entries) as ContextRows;
}

/** The chosen rows of a table of `rows` rows, with all that belongs to them. */
export function chosenRows(table: ContextRows, rows: number, chosen: Uint32Array): ContextRows {
  const { data, context, widths, weights } = table;
  return {
    data: rowsOf(data, rows, chosen),
    ...(context && { context: rowsOf(context, rows, chosen) }),
    ...(widths && { widths: rowsOf(widths, rows, chosen) }),
    ...(weights && { weights: rowsOf(weights, rows, chosen) }),
  };
}

/** The chosen rows of an array of `rows` rows. */
function rowsOf<Values extends Float32Array | Float64Array>(
  values: Values,
  rows: number,
  chosen: Uint32Array,
): Values {
  const width = values.length / rows;
  const taken = values.slice(0, chosen.length * width) as Values;
  chosen.forEach((row, i) => taken.set(values.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}
