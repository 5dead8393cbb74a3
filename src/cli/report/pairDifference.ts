/** How differently two columns depend on each other in the rows of the data and in the samples. */
import { splitSeed, philox } from '../../random.ts';
import { quantile, sortedFinite } from '../quantiles.ts';
import type { NumberColumn, ReportColumn } from './column.ts';
import { FALSE_ALARM } from './columnDifference.ts';
import type { Shares } from './columnDifference.ts';

export interface PairDifference {
  /** Indices of the two columns. */
  pair: [number, number];
  /**
   * The share of the rows that would have to move, beyond what the columns' own distributions ask for: half the sum of
   * |d(i, j) − d′(i, j)| over the levels i, j, where d(i, j) = p(i, j) − p(i) p(j) in the data and d′ in the samples.
   */
  distance: number;
  /** The mean distance of random halves of the data, scaled to these numbers of rows and samples. */
  chance: number;
  /** The distance that chance exceeds in at most about one of 100 reports. */
  bound: number;
  /** How strongly the columns depend on each other. */
  strength: Shares & { measure: 'rank correlation' | 'Cramér’s V' };
}

/** Columns that are compared, at most: half a second or so. */
export const MAX_PAIRED = 100;
/** Rows of each sample that are compared, at most. */
const MAX_ROWS = 2000;
/** Random halves of the data that say how far chance goes: one for each bit of a word. */
const SPLITS = 32;
const SEED = 0;

/** Each pair of the columns, the most different first. */
export function pairDifferences(columns: readonly ReportColumn[]): PairDifference[] {
  const compared = columns.slice(0, MAX_PAIRED).map(coarse);
  const pairs = (compared.length * (compared.length - 1)) / 2;
  const halves = halvesOf(compared[0]?.data.length ?? 0);
  const found = compared.flatMap((second, j) =>
    compared.slice(0, j).map((first, i): PairDifference => {
      const { distance, mean, sd, tables } = difference(first, second, halves);
      const measure = first.ranks && second.ranks ? 'rank correlation' : 'Cramér’s V';
      const strength = (side: 'data' | 'samples'): number =>
        first.ranks && second.ranks
          ? correlation(first.ranks[side], second.ranks[side])
          : cramersV(tables[side], first.levels, second.levels);
      return {
        pair: [i, j],
        distance,
        chance: mean,
        bound: upperBound(mean, sd, FALSE_ALARM / pairs),
        strength: { measure, data: strength('data'), samples: strength('samples') },
      };
    }),
  );
  return found.sort((a, b) => b.distance / b.bound - a.distance / a.bound);
}

/**
 * A value that a positive variable of this mean and deviation exceeds with this probability at most, if it is distributed
 * like √(c · χ²(ν)): the absolute value of a normal for ν = 1, and near a normal for large ν.
 * @see Laurent and Massart 2000, lemma 1, https://doi.org/10.1214/aos/1015957395
 */
function upperBound(mean: number, sd: number, chance: number): number {
  const freedom = mean ** 2 / (2 * sd ** 2) + 1 / 8;
  const x = Math.log(1 / chance);
  return Math.sqrt((mean ** 2 + sd ** 2) * (1 + 2 * Math.sqrt(x / freedom) + (2 * x) / freedom));
}

/** A column with few levels. */
interface Coarse {
  levels: number;
  /** The level of each row. */
  data: Uint8Array;
  samples: Uint8Array;
  /** Centred ranks, 0 for a blank, if the column has numbers. */
  ranks?: { data: Float64Array; samples: Float64Array };
}

/** Levels of the numbers of a column, and of its most frequent labels. */
const LEVELS = 5;

function coarse(column: ReportColumn): Coarse {
  const [data, samples] = [evenly(column.data), evenly(column.samples)];
  if (column.kind === 'number') {
    const level = numberLevel(column, data);
    const of = (values: Float64Array): Uint8Array => Uint8Array.from(values, level.of);
    return {
      levels: level.count,
      data: of(data),
      samples: of(samples),
      ranks: { data: centredRanks(data), samples: centredRanks(samples) },
    };
  }
  const counts = column.levels.map((_, level) => data.filter((value) => value === level).length);
  const order = counts.map((_, level) => level).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  const places = column.levels.map((_, level) => Math.min(order.indexOf(level), LEVELS));
  const of = (values: Float64Array): Uint8Array =>
    Uint8Array.from(values, (level) => places[level] ?? LEVELS);
  return { levels: LEVELS + 1, data: of(data), samples: of(samples) };
}

/** Values at even distances. */
function evenly(values: Float64Array): Float64Array {
  const count = Math.min(values.length, MAX_ROWS);
  return Float64Array.from(
    { length: count },
    (_, i) => values[Math.floor((i * values.length) / count)] ?? NaN,
  );
}

/** Levels: blank, each value that repeats, and fifths of the other numbers of the data. */
function numberLevel(
  { atoms }: NumberColumn,
  data: Float64Array,
): { count: number; of: (value: number) => number } {
  const sorted = sortedFinite(data.filter((value) => !atoms.includes(value)));
  const edges = Array.from({ length: LEVELS - 1 }, (_, i) => quantile(sorted, (i + 1) / LEVELS));
  return {
    count: 1 + atoms.length + LEVELS,
    of(value) {
      if (Number.isNaN(value)) return 0;
      const atom = atoms.indexOf(value);
      return atom >= 0 ? 1 + atom : 1 + atoms.length + edges.filter((edge) => value > edge).length;
    },
  };
}

/** Ranks minus their mean, 0 for NaN; equal values share the mean of their ranks. */
function centredRanks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i)
    .filter((i) => !Number.isNaN(values[i]))
    .sort((a, b) => (values[a] ?? NaN) - (values[b] ?? NaN) || a - b);
  const ranks = new Float64Array(values.length);
  const centre = (order.length - 1) / 2;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end] ?? NaN] === values[order[start] ?? NaN]) end++;
    for (let i = start; i < end; i++) ranks[order[i] ?? 0] = (start + end - 1) / 2 - centre;
    start = end;
  }
  return ranks;
}

function correlation(a: Float64Array, b: Float64Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const other = b[i] ?? 0;
    ab += value * other;
    aa += value * value;
    bb += other * other;
  });
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Counts of levels i, j, row-major. */
type Table = Float64Array;

function difference(
  first: Coarse,
  second: Coarse,
  halves: readonly Uint32Array[],
): { distance: number; mean: number; sd: number; tables: Record<'data' | 'samples', Table> } {
  const size: [number, number] = [first.levels, second.levels];
  const tables = {
    data: tableOf(first.data, second.data, size),
    samples: tableOf(first.samples, second.samples, size),
  };
  const dependence = dependenceOf(tables.data, size);
  const distance = between(dependence, dependenceOf(tables.samples, size));
  const [n, m] = [first.data.length, first.samples.length];
  const inHalves = halves.map((half) => {
    const one = new Float64Array(tables.data.length);
    for (const row of half) {
      const at = (first.data[row] ?? 0) * second.levels + (second.data[row] ?? 0);
      one[at] = (one[at] ?? 0) + 1;
    }
    const other = tables.data.map((count, at) => count - (one[at] ?? 0));
    const scale = Math.sqrt((1 / n + 1 / m) / (1 / half.length + 1 / (n - half.length)));
    return scale * between(dependenceOf(one, size), dependenceOf(other, size));
  });
  const mean = inHalves.reduce((sum, value) => sum + value, 0) / SPLITS;
  const variance = inHalves.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (SPLITS - 1);
  // A difference of one row is never more than chance.
  return { distance, mean, sd: Math.max(Math.sqrt(variance), 1 / Math.min(n, m)), tables };
}

/** Random halves of n rows, the same on every call. */
function halvesOf(n: number): Uint32Array[] {
  const key = splitSeed(SEED);
  const words = Uint32Array.from({ length: n }, (_, row) => philox([row, 0, 0, 0], key)[0]);
  const rows = Uint32Array.from({ length: n }, (_, row) => row);
  return Array.from({ length: SPLITS }, (_, bit) => rows.filter((row) => ((words[row] ?? 0) >>> bit) & 1));
}

function tableOf(a: Uint8Array, b: Uint8Array, [rows, columns]: [number, number]): Table {
  const table = new Float64Array(rows * columns);
  a.forEach((level, row) => {
    const at = level * columns + (b[row] ?? 0);
    table[at] = (table[at] ?? 0) + 1;
  });
  return table;
}

/** p(i, j) − p(i) p(j) */
function dependenceOf(table: Table, [rows, columns]: [number, number]): Float64Array {
  const total = table.reduce((sum, count) => sum + count, 0) || 1;
  const own = new Float64Array(rows);
  const others = new Float64Array(columns);
  table.forEach((count, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    own[i] = (own[i] ?? 0) + count / total;
    others[j] = (others[j] ?? 0) + count / total;
  });
  return table.map(
    (count, at) => count / total - (own[Math.floor(at / columns)] ?? 0) * (others[at % columns] ?? 0),
  );
}

function between(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  a.forEach((value, at) => (sum += Math.abs(value - (b[at] ?? 0))));
  return sum / 2;
}

/** √(χ² / (n · (min(levels) − 1))), over the levels that occur. */
function cramersV(table: Table, rows: number, columns: number): number {
  const total = table.reduce((sum, count) => sum + count, 0) || 1;
  const own = new Float64Array(rows);
  const others = new Float64Array(columns);
  table.forEach((count, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    own[i] = (own[i] ?? 0) + count / total;
    others[j] = (others[j] ?? 0) + count / total;
  });
  const levels = Math.min(...[own, others].map((shares) => shares.filter((share) => share > 0).length));
  if (levels < 2) return 0;
  let square = 0;
  dependenceOf(table, [rows, columns]).forEach((value, at) => {
    const expected = (own[Math.floor(at / columns)] ?? 0) * (others[at % columns] ?? 0);
    if (expected > 0) square += value ** 2 / expected;
  });
  return Math.sqrt(square / (levels - 1));
}
