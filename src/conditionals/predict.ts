/** What a cell can be, given the others of its row. */
import type { Column } from './columns.ts';
import type { Asked, ColumnGiven, Conditionals, GivenCells } from './conditionals.ts';
import type { ExplainAsked } from './explain.ts';

export interface PredictAsked extends ExplainAsked {
  /** Shares of the distribution, each between 0 and 1. */
  quantiles: readonly number[];
}

/** The distribution of a column in each row [B], given the others. */
export interface Prediction {
  /** The probability of each discrete value, then of all other numbers, [B, parts]. */
  probabilities: Float64Array;
  /** Number of probabilities of a row. */
  parts: number;
  /** Of the cells that are numbers, in the data's units: mean [B] and quantiles [B, quantiles]; absent if none can be. */
  numbers?: {
    /** [B] */
    mean: Float64Array;
    /** [B, quantiles], in the data's units. */
    quantiles: Float64Array;
  };
  /** The estimated error of log-probabilities, in nats [B]. */
  error: Float64Array;
}

/** A discrete value that is a number, in ascending order. */
interface Atom {
  part: number;
  number: number;
}

export async function predictColumn(
  conditionals: Conditionals,
  column: Column,
  rows: GivenCells,
  { quantiles, ...asked }: PredictAsked,
): Promise<Prediction> {
  const count = rows.values.length / conditionals.dim;
  const { discrete, numbers } = column.values;
  const atoms = discrete
    .flatMap(({ number }, part): Atom[] => (number === undefined ? [] : [{ part, number }]))
    .sort((a, b) => a.number - b.number);
  const levelsOf = (level: (row: number, i: number) => number) => ({
    count: quantiles.length,
    values: Float32Array.from({ length: count * quantiles.length }, (_, i) =>
      level(Math.floor(i / quantiles.length), i % quantiles.length),
    ),
  });
  const points = {
    count: Math.max(atoms.length, 1),
    values: Float64Array.from(
      { length: count * Math.max(atoms.length, 1) },
      (_, i) => atoms[i % Math.max(atoms.length, 1)]?.number ?? 0,
    ),
  };
  const isMixed = numbers !== undefined && atoms.length > 0;
  const given = async (more: Pick<Asked, 'points' | 'levels'>): Promise<ColumnGiven> =>
    numbersOf(column, await conditionals.given(column, rows, { ...asked, ...more }));
  const first = await given(isMixed ? { points } : { levels: levelsOf((_, i) => quantiles[i] ?? NaN) });
  const prediction: Prediction = {
    probabilities: first.logShares.map(Math.exp),
    parts: first.parts,
    error: Float64Array.from(first.numbers?.error ?? new Float64Array(count)),
  };
  if (atoms.length === 0) {
    if (first.numbers !== undefined) prediction.numbers = first.numbers;
    return prediction;
  }
  const mixed = mixedQuantiles(first, prediction.probabilities, atoms, quantiles);
  if (!isMixed) return { ...prediction, numbers: mixed };
  const second = await given({
    levels: levelsOf((row, i) => mixed.levels[row * quantiles.length + i] ?? NaN),
  });
  mixed.quantiles.forEach((value, i) => {
    if (Number.isNaN(value)) mixed.quantiles[i] = second.numbers?.quantiles[i] ?? NaN;
  });
  return { ...prediction, numbers: mixed };
}

/** A whole number n stands for [n, n + 1). */
function numbersOf({ values }: Column, given: ColumnGiven): ColumnGiven {
  const { numbers } = given;
  if (values.numbers?.step !== 1 || numbers === undefined) return given;
  const mean = numbers.mean.map((value) => value - 0.5);
  return { ...given, numbers: { ...numbers, mean, quantiles: numbers.quantiles.map(Math.floor) } };
}

/** Quantiles that are atoms; for the others NaN, and their level among the other numbers. */
function mixedQuantiles(
  { parts, numbers }: ColumnGiven,
  probabilities: Float64Array,
  atoms: readonly Atom[],
  quantiles: readonly number[],
): { mean: Float64Array; quantiles: Float64Array; levels: Float64Array } {
  const count = probabilities.length / parts;
  const found = new Float64Array(count * quantiles.length).fill(NaN);
  const levels = new Float64Array(count * quantiles.length).fill(0.5);
  const mean = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const of = (part: number): number => probabilities[row * parts + part] ?? NaN;
    const others = numbers === undefined ? 0 : of(parts - 1);
    const total = atoms.reduce((sum, { part }) => sum + of(part), others);
    const moment = atoms.reduce((sum, { part, number }) => sum + of(part) * number, 0);
    mean[row] = (moment + (numbers === undefined ? 0 : others * (numbers.mean[row] ?? NaN))) / total;
    quantiles.forEach((quantile, i) => {
      const target = quantile * total;
      let before = 0;
      for (const [place, { part, number }] of atoms.entries()) {
        const below = numbers === undefined ? 0 : others * (numbers.below[row * atoms.length + place] ?? NaN);
        if (target < below + before) break;
        before += of(part);
        const isLast = numbers === undefined && place === atoms.length - 1;
        if (target > below + before && !isLast) continue;
        found[row * quantiles.length + i] = number;
        return;
      }
      levels[row * quantiles.length + i] = Math.min(Math.max((target - before) / others, 0), 1);
    });
  }
  return { mean, quantiles: found, levels };
}
