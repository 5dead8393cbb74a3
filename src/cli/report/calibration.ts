/** Where the cells of rows lie in their conditionals under the model: in the distribution given the other cells. */
import { ksNoise } from '../../data/twoSamples.ts';
import { chosenRows } from '../../data/holdOut.ts';
import type { ContextRows } from '../../data/holdOut.ts';
import { evenPlaces } from '../../data/evenPlaces.ts';
import { NonFiniteError } from '../../errors.ts';
import type { Flow } from '../../flow/flow.ts';
import { explain } from '../../flow/questions.ts';
import type { Explanation } from '../../flow/questions.ts';
import { philox, splitSeed, STREAMS, uniformOf } from '../../random.ts';
import { FALSE_ALARM } from './columnDifference.ts';

/** Cells that are placed, and rows of them, at most. */
const MAX_CELLS = 10_000;
const MAX_ROWS = 1000;

/** By the names of the columns that the model has learned. */
type ByColumn = ReadonlyMap<string, number[]>;

/**
 * For some rows at even distances the probability of a value below the cell's own, with a uniform draw within a cell that
 * is a mass: uniform in (0, 1) if the conditional is right.
 */
export async function pitsOf(
  flow: Flow,
  rows: ContextRows,
  { seed, signal }: { seed: number; signal: AbortSignal },
): Promise<ByColumn> {
  const count = rows.data.length / flow.dim;
  const most = Math.min(MAX_ROWS, Math.ceil(MAX_CELLS / flow.dim));
  const chosen = chosenRows(rows, count, evenPlaces(count, most));
  const key = splitSeed(seed);
  return byColumn(await explained(flow, chosen, signal), ({ below, mass }, at) => {
    const [word] = philox([at, 0, 0, STREAMS.conditionals], key);
    return (below[at] ?? NaN) + (uniformOf(word) - 0.5) * (mass[at] ?? NaN);
  });
}

/** For each row −log of the probability of a value at least as unlikely as the cell, in nats. */
export async function surprisesOf(flow: Flow, rows: ContextRows, signal: AbortSignal): Promise<ByColumn> {
  return byColumn(await explained(flow, rows, signal), ({ logPValue }, at) => -(logPValue[at] ?? NaN));
}

/** Undefined if the model's densities are not all finite, which the report says elsewhere. */
async function explained(
  flow: Flow,
  { data, widths, context }: ContextRows,
  signal: AbortSignal,
): Promise<Explanation | undefined> {
  if (data.length === 0) return undefined;
  try {
    return await explain(flow, data, { ...(widths && { widths }), ...(context && { context }), signal });
  } catch (error) {
    if (error instanceof NonFiniteError) return undefined;
    throw error;
  }
}

function byColumn(
  found: Explanation | undefined,
  valueOf: (found: Explanation, at: number) => number,
): ByColumn {
  if (found === undefined) return new Map();
  const { columns, mass } = found;
  const rows = mass.length / columns.length;
  return new Map(
    columns.map((name, place) => [
      name,
      Array.from({ length: rows }, (_, row) => valueOf(found, row * columns.length + place)),
    ]),
  );
}

export interface Calibration {
  /** The Kolmogorov–Smirnov distance to the uniform distribution, and what chance exceeds in one of 100 reports. */
  distance: number;
  bound: number;
  /** How the values lie in what the model expects. */
  words: string;
}

/** @param columns of the report: chance has as many opportunities */
export function calibrationOf(pit: readonly number[], columns: number): Calibration {
  const sorted = Float64Array.from(pit).sort();
  const count = sorted.length;
  const distance = sorted.reduce(
    (most, value, i) => Math.max(most, value - i / count, (i + 1) / count - value),
    0,
  );
  const shareIn = (low: number, high: number): number =>
    pit.filter((value) => value > low && value <= high).length / count;
  const lean = shareIn(0.5, 1) - 0.5;
  const middle = shareIn(0.25, 0.75) - 0.5;
  const words =
    Math.abs(lean) > Math.abs(middle)
      ? `its values are ${lean > 0 ? 'higher' : 'lower'} than the model expects`
      : middle > 0
        ? 'the model is not sure enough of it'
        : 'the model is too sure of it';
  return { distance, bound: ksNoise(count, Infinity, FALSE_ALARM / columns), words };
}
