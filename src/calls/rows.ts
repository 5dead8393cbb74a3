/** Checks and copies the rows and contexts of a call. */

import { DataError, ShapeError } from '../errors.ts';
import { takeFloats, takeData } from './callerArrays.ts';
import type { GivenRows, NumberRows, Rows } from './callerArrays.ts';
import { FLOATS, SIGNAL } from './optionRules.ts';
import type { OptionRules } from './optionRules.ts';

/** Options of every call. */
export interface RunOptions {
  /**
   * The context, if the flow has one: row-major [B, C] for each row, or one row [C] for all rows; flat, or row by row.
   * `encodeContext` makes it from labels and numbers.
   */
  context?: Float32Array | NumberRows;
  /** Stops between chunks of rows; the call throws the signal's reason. */
  signal?: AbortSignal;
}

export const RUN_RULES: OptionRules<keyof RunOptions> = { context: FLOATS, signal: SIGNAL };

/** Row-major rows [count, D] owned by the call: they cannot change while it runs. */
export interface TakenRows {
  values: Rows;
  count: number;
}

/** A copy of the caller's latent rows of `dim` features. @throws {ShapeError} if the last row is incomplete */
export function takeLatentRows(name: string, given: GivenRows, dim: number): TakenRows {
  return wholeRows(name, takeFloats(name, given, dim), dim);
}

/** Like `takeLatentRows`, for data, which may be float64. */
export function takeDataRows(name: string, given: GivenRows, dim: number): TakenRows {
  return wholeRows(name, takeData(name, given, dim), dim);
}

function wholeRows(name: string, values: Rows, dim: number): TakenRows {
  if (values.length % dim === 0) return { values, count: values.length / dim };
  throw new ShapeError(
    name,
    `${values.length} values`,
    `a multiple of dim = ${dim}`,
    'Rows are row-major [B, D].',
  );
}

/**
 * A copy of the caller's context for `rows` rows: [rows, C], or one row [C] for all rows. Undefined without a context.
 * @throws {ShapeError} if it is missing, has another length, or the flow has no context
 */
export function takeContext(
  what: string,
  { contextDim }: { contextDim: number },
  rows: number,
  given: Float32Array | NumberRows | undefined,
): Float32Array | undefined {
  if (contextDim === 0 && Array.isArray(given)) throw unused(what, `${given.length} rows`);
  const context = given === undefined ? undefined : takeFloats(what, given, contextDim);
  if (contextDim === 0) {
    if (context === undefined) return undefined;
    throw unused(what, `${context.length} values`);
  }
  const expected = `${contextDim} values (spec.contextDim) for each of the ${rows} rows, or one such row for all`;
  if (context === undefined) {
    throw new ShapeError(
      what,
      'none',
      expected,
      'Give { context } as a Float32Array, row-major [B, C] or [C].',
    );
  }
  if (context.length !== contextDim && context.length !== rows * contextDim) {
    throw new ShapeError(what, `${context.length} values`, expected);
  }
  return context;
}

function unused(what: string, found: string): ShapeError {
  return new ShapeError(what, found, 'none', 'This flow has no context: its spec.contextDim is 0.');
}

/**
 * Checks that all rows of a call are finite.
 * @param what names the rows in the message, if the call has several kinds
 * @param columns their names
 * @throws {DataError} naming row (from 1) and column of the first value that is not finite
 */
export function requireFinite(values: Rows, columns: readonly string[], what = ''): void {
  const bad = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (bad < 0) return;
  throw new DataError(
    `${what && `${what}: `}found ${values[bad]}, expected a finite number`,
    { row: Math.floor(bad / columns.length) + 1, column: columns[bad % columns.length] },
    'Remove or replace the row.',
  );
}

/** Default column names: x1, x2, … */
export function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}
