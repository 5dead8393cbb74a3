/** Labels of rows: the one context column of a flow with classes. */
import type { LabelColumn } from '../src/index.ts';

/** Nobody chooses from more than this. */
export const MAX_CLASSES = 64;

/** The class of each row, as the place of its label among the levels. */
export interface RowLabels {
  column: LabelColumn;
  of: Uint8Array;
}

/** A row of 0 with a 1 for each label, [n, C]. */
export function oneHot({ column, of }: RowLabels): Float32Array {
  const width = column.levels.length;
  const rows = new Float32Array(of.length * width);
  of.forEach((level, row) => (rows[row * width + level] = 1));
  return rows;
}

/** The labels that one-hot rows [n, C] stand for. */
export function labelsOf(column: LabelColumn, rows: Float32Array): RowLabels {
  const width = column.levels.length;
  const levelOf = (row: number): number => rows.subarray(row * width, (row + 1) * width).indexOf(1);
  return { column, of: Uint8Array.from({ length: rows.length / width }, (_, row) => levelOf(row)) };
}
