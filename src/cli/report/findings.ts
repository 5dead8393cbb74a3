/** What a report knows of a model: the numbers behind its pictures and its verdict. */
import type { ReportColumn } from './column.ts';
import { columnDifference } from './columnDifference.ts';
import type { ColumnDifference } from './columnDifference.ts';
import { coverageOf } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import { pairDifferences } from './pairDifference.ts';
import type { PairDifference } from './pairDifference.ts';

/** The rows that the samples are compared with. */
export type RowsKind = 'held-out rows' | 'validation rows' | 'training rows' | 'fresh points';

/** Rows of the data next to samples of the model. */
export interface Comparison {
  rows: RowsKind;
  columns: readonly ReportColumn[];
  /** Samples that are not finite; no other number counts them. */
  unsound: number;
  /** log p of each row and of each sample, nats; −∞ for a row without density. */
  logProb: { rows: ArrayLike<number>; samples: ArrayLike<number> };
  /** The mean −log p of these rows and of training rows, and the standard error of their difference, nats. */
  nll?: { rows: number; training: number; error: number };
  /** −log p of a row minus −log p of a point drawn from its cells, on average over the training rows, nats. */
  cellNats?: number;
  /** The energy distance to the samples, the one between halves of the rows, and the bound of `wgflow check`. */
  energy?: { distance: number; reference: number; bound: number };
  worst: WorstRows;
}

/** The least likely rows. */
export interface WorstRows {
  columns: readonly string[];
  /** The least likely one first. */
  rows: readonly WorstRow[];
}

export interface WorstRow {
  /** The line of the row in its file; absent for points that are in no file. */
  row?: number;
  /** Nats. */
  logProb: number;
  /** The text of each cell. */
  cells: readonly string[];
  /**
   * For each cell −log of the probability of a value at least as unlikely, given the other cells, in nats: 7 is one in a
   * thousand. NaN for a cell without one.
   */
  surprise?: readonly number[];
}

/** The course of the training run. */
export interface RunFindings {
  /** Steps done and steps asked for. */
  steps: number;
  asked?: number;
  /** The step of the best score. */
  bestStep?: number;
  /** Steps skipped because a value was not finite. */
  skipped?: number;
  /** The best validation score and the Gaussian's on the same rows, nats. */
  validationNll?: number;
  gaussianNll?: number;
}

export interface JudgedColumn extends ColumnDifference {
  column: ReportColumn;
}

export interface Findings extends Omit<Comparison, 'columns'>, RunFindings {
  /** The most different first. */
  columns: readonly JudgedColumn[];
  pairs: readonly PairOfColumns[];
  coverage?: Coverage;
}

export interface PairOfColumns extends Omit<PairDifference, 'pair'> {
  pair: readonly [ReportColumn, ReportColumn];
}

export function findingsOf(comparison: Comparison, run: RunFindings): Findings {
  const { columns, logProb } = comparison;
  const judged = columns
    .map((column) => ({ column, ...columnDifference(column, columns.length) }))
    .sort((a, b) => b.distance / b.bound - a.distance / a.bound);
  const ordered = judged.map(({ column }) => column);
  const pairs = pairDifferences(ordered).flatMap((found) => {
    const [first, second] = found.pair
      .flatMap((index) => ordered[index] ?? [])
      .sort((a, b) => columns.indexOf(a) - columns.indexOf(b));
    return first && second ? [{ ...found, pair: [first, second] as const }] : [];
  });
  const hasBoth = logProb.rows.length > 0 && logProb.samples.length > 0;
  return {
    ...comparison,
    ...run,
    columns: judged,
    pairs,
    ...(hasBoth && { coverage: coverageOf(logProb.rows, logProb.samples) }),
  };
}
