/** How likely the held-out rows are under a model, and what that says of another row. */
import { ShapeError } from '../errors.ts';
import { float32Text } from './csv.ts';

/** The log p of rows that a model was scored on, not trained on. */
export interface HeldOut {
  /** Number of held-out rows. */
  rows: number;
  /** How many of them have no density, log p = −∞; absent if there are none. */
  withoutDensity?: number;
  /** log p of the others in nats, ascending: all of them, or 1,000 at even ranks, with the smallest and the largest. */
  logProb: number[];
}

/** Values that a model file keeps. */
export const MAX_KEPT = 1000;

/** The distribution of log p [N] in nats; undefined if no row has a density. */
export function heldOutOf(logProb: Float32Array): HeldOut | undefined {
  const sorted = logProb.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) return undefined;
  const withoutDensity = logProb.length - sorted.length;
  const kept = Math.min(sorted.length, MAX_KEPT);
  const valueAt = (place: number): number => sorted[rankOf(place, kept, sorted.length)] ?? NaN;
  return {
    rows: logProb.length,
    ...(withoutDensity > 0 && { withoutDensity }),
    logProb: Array.from({ length: kept }, (_, place) => Number(float32Text(valueAt(place)))),
  };
}

/**
 * The share of rows like the held-out ones that are at most as likely as a row of this log p, in nats. It is (1 + the
 * held-out rows at or below) / (rows + 1), so a threshold of α gives at most a share of α false alarms. Between two kept
 * values, rows count as evenly spaced. NaN for NaN.
 * @see Vovk, Gammerman and Shafer 2005, Algorithmic Learning in a Random World (conformal p-values)
 */
export function pValueOf(heldOut: HeldOut, logProb: number): number {
  return share(heldOut, countAtOrBelow(heldOut, logProb));
}

/**
 * How typical this log p is, in nats: the share of rows like the held-out ones that are at least as far from the median of
 * log p, by rank, on either side. It is small for a row that is less likely than usual, and for one that is more likely
 * than usual, as rows of another kind can be. NaN for NaN.
 */
export function typicality(heldOut: HeldOut, logProb: number): number {
  const below = share(heldOut, countAtOrBelow(heldOut, logProb));
  const above = share(heldOut, countAtOrAbove(heldOut, logProb));
  return Math.min(1, 2 * Math.min(below, above));
}

/**
 * The log p in nats below which a row has a p-value of at most this rate. −∞ if that many held-out rows have no density.
 * @throws {ShapeError} when the rate is not between 0 and 1, or below 1 / (rows + 1), the smallest that the rows support
 */
export function thresholdOf(heldOut: HeldOut, falseAlarmRate: number): number {
  const { rows, withoutDensity = 0 } = heldOut;
  const isRate = falseAlarmRate > 0 && falseAlarmRate < 1;
  if (!isRate) throw new ShapeError('the false-alarm rate', String(falseAlarmRate), 'above 0 and below 1');
  // A product such as 0.29 · 100 is a little below 29.
  const rank = Math.floor(falseAlarmRate * (rows + 1) + 1e-9) - 1;
  if (rank >= 0) return rank < withoutDensity ? -Infinity : valueAt(heldOut, rank - withoutDensity);
  throw new ShapeError(
    'the false-alarm rate',
    String(falseAlarmRate),
    `at least ${smallestRate(rows)}, which is 1 / (rows + 1) of the ${rows.toLocaleString('en')} held-out rows`,
    'Take a larger rate, or train with more held-out rows.',
  );
}

/** The smallest rate of these rows, rounded up to three digits. */
function smallestRate(rows: number): number {
  const digit = 10 ** (Math.floor(Math.log10(1 / (rows + 1))) - 2);
  return Number((digit * Math.ceil(1 / (rows + 1) / digit - 1e-9)).toPrecision(3));
}

/** The log p in nats of the held-out row at this share of the ranks, from 0 to 1; −∞ for a row without density. */
export function quantileOf(heldOut: HeldOut, at: number): number {
  const { rows, withoutDensity = 0 } = heldOut;
  const rank = Math.round(at * (rows - 1)) - withoutDensity;
  return rank < 0 ? -Infinity : valueAt(heldOut, rank);
}

function share({ rows }: HeldOut, count: number): number {
  return (1 + count) / (rows + 1);
}

/** The rank of a kept value among `rows` rows, from 0. */
function rankOf(place: number, kept: number, rows: number): number {
  return kept === rows ? place : Math.round((place * (rows - 1)) / (kept - 1));
}

/** The value of this rank among the rows with a density. */
function valueAt({ rows, withoutDensity = 0, logProb }: HeldOut, rank: number): number {
  const ranks = logProb.map((_, place) => rankOf(place, logProb.length, rows - withoutDensity));
  const next = ranks.findIndex((kept) => kept >= rank);
  const [from, to] = [ranks[next - 1] ?? rank, ranks[next] ?? rank];
  const [low, high] = [Math.fround(logProb[next - 1] ?? NaN), Math.fround(logProb[next] ?? NaN)];
  return to === rank ? high : low + ((rank - from) / (to - from)) * (high - low);
}

function countAtOrBelow(heldOut: HeldOut, value: number): number {
  if (Number.isNaN(value)) return NaN;
  const { rows, withoutDensity = 0, logProb } = heldOut;
  const next = firstPlace(logProb, (kept) => kept > Math.fround(value));
  if (next === 0) return withoutDensity;
  if (next === logProb.length) return rows;
  const { from, gap, at } = gapAround(heldOut, next, value);
  return withoutDensity + from + 1 + Math.floor(gap * at);
}

function countAtOrAbove(heldOut: HeldOut, value: number): number {
  if (Number.isNaN(value)) return NaN;
  const { rows, withoutDensity = 0, logProb } = heldOut;
  const next = firstPlace(logProb, (kept) => kept >= Math.fround(value));
  if (next === 0) return value === -Infinity ? rows : rows - withoutDensity;
  if (next === logProb.length) return 0;
  const { from, gap, at } = gapAround(heldOut, next, value);
  return rows - withoutDensity - from - Math.ceil(gap * at);
}

/** The gap before the kept value at `next`: the rank where it begins, its ranks, and where the value lies in it, 0 to 1. */
function gapAround(
  { rows, withoutDensity = 0, logProb }: HeldOut,
  next: number,
  value: number,
): { from: number; gap: number; at: number } {
  const rank = (place: number): number => rankOf(place, logProb.length, rows - withoutDensity);
  const kept = (place: number): number => Math.fround(logProb[place] ?? NaN);
  const from = rank(next - 1);
  const low = kept(next - 1);
  return { from, gap: rank(next) - from, at: (Math.fround(value) - low) / (kept(next) - low) };
}

/** The first place of an ascending list from which on `isPast` is true; its length if there is none. */
function firstPlace(list: readonly number[], isPast: (value: number) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isPast(Math.fround(list[middle] ?? NaN))) high = middle;
    else low = middle + 1;
  }
  return low;
}
