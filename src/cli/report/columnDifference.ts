/** How much a column's cells differ between the rows of the data and the samples. */
import { ksGap, ksNoise, totalVariation, totalVariationNoise } from '../../data/twoSamples.ts';
import type { LabelColumn, NumberColumn, ReportColumn } from './column.ts';

/** A share of the rows of the data, and of the samples. */
export interface Shares {
  data: number;
  samples: number;
}

export interface ColumnDifference {
  /**
   * `KS`: the Kolmogorov–Smirnov distance of numbers, where a blank is less than any number. `TV`: the total variation of
   * labels. Both are from 0 to 1.
   */
  measure: 'KS' | 'TV';
  distance: number;
  /** The distance that chance exceeds in one of 100 reports. */
  bound: number;
  /** The value whose share differs most, if it explains most of the distance; '' is a blank. */
  value?: Shares & { text: string };
  /** The number up to which the shares differ most. */
  upTo?: Shares & { text: string };
}

/** @param columns of the report: chance has as many opportunities */
export function columnDifference(column: ReportColumn, columns: number): ColumnDifference {
  return column.kind === 'label' ? ofLabels(column, columns) : ofNumbers(column, columns);
}

/** The probability of a false alarm in a report. */
export const FALSE_ALARM = 0.01;

function ofLabels({ levels, data, samples }: LabelColumn, columns: number): ColumnDifference {
  const [a, b] = [sharesOf(data, levels.length), sharesOf(samples, levels.length)];
  const both = a.map((share, level) => {
    const other = b[level] ?? 0;
    return (share * data.length + other * samples.length) / (data.length + samples.length);
  });
  const bound = totalVariationNoise(both, data.length, samples.length, FALSE_ALARM / columns);
  const differences = a.map((share, level) => Math.abs(share - (b[level] ?? 0)));
  const most = differences.indexOf(Math.max(...differences));
  return {
    measure: 'TV',
    distance: totalVariation(a, b),
    bound,
    value: { text: levels[most] ?? '', data: a[most] ?? 0, samples: b[most] ?? 0 },
  };
}

function sharesOf(values: Float64Array, levels: number): number[] {
  const shares = Array.from({ length: levels }, () => 0);
  for (const level of values) shares[level] = (shares[level] ?? 0) + 1 / values.length;
  return shares;
}

function ofNumbers(column: NumberColumn, columns: number): ColumnDifference {
  const [data, samples] = [blanksFirst(column.data), blanksFirst(column.samples)];
  const { distance, at, shares } = ksGap(data, samples);
  const bound = ksNoise(data.length, samples.length, FALSE_ALARM / columns);
  const value = mostDiffering(column);
  const isExplained = value !== undefined && Math.abs(value.data - value.samples) > distance / 2;
  return {
    measure: 'KS',
    distance,
    bound,
    ...(isExplained && { value }),
    ...(Number.isFinite(at) && { upTo: { text: column.format(at), data: shares[0], samples: shares[1] } }),
  };
}

function blanksFirst(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isNaN(value) ? -Infinity : value));
}

/** Whole numbers of at most this many values each have a share of their own. */
export const MAX_WHOLE_VALUES = 30;

/** The value, among the blank, those that repeat and whole numbers of a short range, whose share differs most. */
function mostDiffering(column: NumberColumn): ColumnDifference['value'] {
  const [a, b] = [countsOf(column.data), countsOf(column.samples)];
  const values = [...wholeValues(column), ...column.atoms, NaN];
  let most: ColumnDifference['value'];
  for (const value of values) {
    const shares = {
      data: (a.get(value) ?? 0) / column.data.length,
      samples: (b.get(value) ?? 0) / column.samples.length,
    };
    const isMore =
      Math.abs(shares.data - shares.samples) > Math.abs((most?.data ?? 0) - (most?.samples ?? 0));
    if (isMore) most = { text: Number.isNaN(value) ? '' : column.format(value), ...shares };
  }
  return most;
}

/** The different whole numbers of both samples in order, if they are few; else none. */
export function wholeValues({ isWhole, data, samples, atoms }: NumberColumn): number[] {
  if (!isWhole) return [];
  const values = new Set([...data, ...samples].filter((value) => !Number.isNaN(value)));
  for (const atom of atoms) values.delete(atom);
  return values.size > MAX_WHOLE_VALUES ? [] : [...values].sort((x, y) => x - y);
}

function countsOf(values: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
