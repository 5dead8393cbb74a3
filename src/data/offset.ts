/**
 * Large common offsets of columns. Float32 cannot hold 5,400,000.24 to the centimetre, so a flow subtracts
 * 5,400,000 in float64 on the host before the cast. It adds the offset back to results in the data's units.
 */
import type { Rows } from '../calls/callerArrays.ts';
import { DataError } from '../errors.ts';

/** A column whose float32 steps are below this share of its spread needs no offset. */
const FINE_SHARE = 2 ** -12;
/** Values rounded to steps above this share of their spread are too coarse to learn from. */
const COARSE_SHARE = 1 / 100;

/**
 * The offset to subtract from a column: a round number near its mean, or 0 if float32 is fine enough. It is a multiple
 * of a power of two close to the spread. So whole numbers stay whole and the subtraction is nearly exact.
 */
export function columnOffset(mean: number, std: number): number {
  if (!(std > 0) || float32Step(mean) <= FINE_SHARE * std) return 0;
  const unit = 2 ** Math.ceil(Math.log2(std));
  return unit * Math.round(mean / unit);
}

/** The smallest and the largest value of each column [D]. */
export interface ColumnRanges {
  min: Float64Array;
  max: Float64Array;
  /** Whether the values are those of a Float64Array. */
  isDouble: boolean;
}

/** The ranges of rows [N, D], within `known` ones if these are given. */
export function rangesOf(values: Rows, dim: number, known?: ColumnRanges): ColumnRanges {
  const min = known?.min ?? new Float64Array(dim).fill(Infinity);
  const max = known?.max ?? new Float64Array(dim).fill(-Infinity);
  values.forEach((value: number, index: number) => {
    const column = index % dim;
    if (value < (min[column] ?? NaN)) min[column] = value;
    if (value > (max[column] ?? NaN)) max[column] = value;
  });
  return { min, max, isDouble: values instanceof Float64Array };
}

/**
 * Checks that values in these ranges, minus the offset, still distinguish the rows in float32.
 * @param spread standard deviation of each column
 * @throws {DataError} naming the first column whose values are rounded too coarsely
 */
export function requireFineSteps(
  { min, max, isDouble }: ColumnRanges,
  offset: Float64Array,
  spread: Float64Array,
  columns: readonly string[] | undefined,
): void {
  spread.forEach((std, column) => {
    const [low, high, common] = [min[column] ?? 0, max[column] ?? 0, offset[column] ?? 0];
    const given = (isDouble ? float64Step : float32Step)(Math.max(Math.abs(low), Math.abs(high)));
    if (given > COARSE_SHARE * std) {
      throw coarse(nameOf(columns, column), isDouble ? 'Float64Array' : 'Float32Array', given, std);
    }
    const left = float32Step(Math.max(Math.abs(low - common), Math.abs(high - common)));
    if (left > COARSE_SHARE * std) throw unshifted(nameOf(columns, column), left, std);
  });
}

/** The offset that a flow subtracts from its data, and the standard deviation of the result, [D] each. */
export interface Shift {
  offset: Float64Array;
  spread: Float64Array;
}

/**
 * Checks the rows of a call to a flow with an offset.
 * @throws {DataError} when they are a Float32Array, which has rounded them before the offset could be subtracted
 */
export function requireUnrounded(
  values: Rows,
  shift: Shift | undefined,
  columns: readonly string[] | undefined,
): void {
  if (shift === undefined || values instanceof Float64Array || values.length === 0) return;
  shift.offset.forEach((value, column) => {
    const step = float32Step(value);
    const std = shift.spread[column] ?? 0;
    if (value !== 0 && step > COARSE_SHARE * std)
      throw coarse(nameOf(columns, column), 'Float32Array', step, std);
  });
}

function coarse(column: string, kind: string, step: number, std: number): DataError {
  const more =
    kind === 'Float32Array' ? 'Give the rows as a Float64Array, or' : 'In the program that made it,';
  return new DataError(
    `found a ${kind} whose values are rounded to steps of ${short(step)}, expected steps far smaller than the column’s ` +
      `spread of ${short(std)}`,
    { column },
    `${more} subtract a large common offset.`,
  );
}

/** The error for a column that needs an offset, in a flow that cannot subtract one. */
function unshifted(column: string, step: number, std: number): DataError {
  return new DataError(
    `found values so far from zero that float32 rounds them to steps of ${short(step)}, expected steps far smaller than ` +
      `the column’s spread of ${short(std)}`,
    { column },
    'Subtract a large common offset, or choose a flow that standardizes the column: any preset but vanilla, domain real.',
  );
}

function nameOf(columns: readonly string[] | undefined, column: number): string {
  return columns?.[column] ?? `x${column + 1}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** The distance from a number of this size to the next float32. */
function float32Step(value: number): number {
  return stepOf(value, 23, -126);
}

function float64Step(value: number): number {
  return stepOf(value, 52, -1022);
}

function stepOf(value: number, digits: number, leastExponent: number): number {
  const exponent = value === 0 ? leastExponent : Math.floor(Math.log2(Math.abs(value)));
  return 2 ** (Math.max(exponent, leastExponent) - digits);
}
