/** Labels of rows: the one context column of a flow with classes. */
import type { LabelColumn } from '../src/index.ts';

/** The longest list of classes that a visitor can still choose from. */
export const MAX_CLASSES = 64;

/** The class of each row, as the index of its label in `levels`. */
export interface RowLabels {
  column: LabelColumn;
  of: Uint8Array;
}

/** One-hot rows [n, C]: a 1 at each row's label, 0 elsewhere. */
export function oneHot({ column, of }: RowLabels): Float32Array {
  const width = column.levels.length;
  const rows = new Float32Array(of.length * width);
  of.forEach((level, row) => (rows[row * width + level] = 1));
  return rows;
}

/** The labels of one-hot rows [n, C]. */
export function labelsOf(column: LabelColumn, rows: Float32Array): RowLabels {
  const width = column.levels.length;
  const levelOf = (row: number): number => rows.subarray(row * width, (row + 1) * width).indexOf(1);
  return { column, of: Uint8Array.from({ length: rows.length / width }, (_, row) => levelOf(row)) };
}
