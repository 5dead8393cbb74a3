/** Rows of a table that training never sees. Their score decides when to stop. */
import type { Rows } from '../calls/callerArrays.ts';
import { shuffledRow, shuffleKeys, splitSeed } from '../random.ts';

/** Rows [N, D], and their contexts [N, C] if the flow has one. */
export interface ContextRows {
  data: Rows;
  context?: Float32Array;
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
  { data, context }: ContextRows,
  { rows, held, seed }: { rows: number; held: number; seed: number },
): Split {
  const keys = shuffleKeys(splitSeed(seed), HOLD_OUT_EPOCH);
  const order = Uint32Array.from({ length: rows }, (_, i) => shuffledRow(i, rows, keys));
  const tables = [data, ...(context === undefined ? [] : [context])];
  const kept = rowsToKeep(tables, order, held);
  const heldOrder = order.subarray(0, held).filter((row) => !kept.has(row));
  const trainingOrder = Uint32Array.from({ length: rows - heldOrder.length });
  trainingOrder.set(order.subarray(held));
  trainingOrder.set([...kept], rows - held);
  const taken = (chosen: Uint32Array): ContextRows => ({
    data: rowsOf(data, rows, chosen),
    ...(context === undefined ? {} : { context: rowsOf(context, rows, chosen) }),
  });
  return {
    training: taken(trainingOrder),
    ...(heldOrder.length === 0 ? {} : { held: taken(heldOrder), heldPlaces: heldOrder }),
  };
}

/** An epoch that training never reaches, so that the split and the epochs use different shuffles. */
const HOLD_OUT_EPOCH = 2 ** 32 - 1;

/** From the rows to hold out, one row for each column that would be constant without it. */
function rowsToKeep(tables: readonly Rows[], order: Uint32Array, held: number): Set<number> {
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

function rowsOf<Values extends Rows>(values: Values, rows: number, chosen: Uint32Array): Values {
  const width = values.length / rows;
  const taken = values.slice(0, chosen.length * width) as Values;
  chosen.forEach((row, i) => taken.set(values.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}
