/** Rows of results, as CSV or, with `--json` and no file, as events. */
import { csvHeader, csvRows } from '../data/csv.ts';
import type { Output } from './outputFile.ts';
import type { Session } from './session.ts';

/** Rows put into one piece of text. */
const ROWS_AT_ONCE = 16_384;

export interface RowWriter {
  header(): Promise<void>;
  /** `values` row-major [rows, columns.length]. */
  rows(values: Float32Array): Promise<void>;
}

export function writeRows(
  session: Session,
  output: Output,
  columns: readonly string[],
  out: string,
): RowWriter {
  const asEvents = session.json && out === '-';
  return {
    async header() {
      if (!asEvents) await output.write(csvHeader(columns));
    },
    async rows(values) {
      const step = ROWS_AT_ONCE * columns.length;
      for (let start = 0; start < values.length; start += step) {
        const piece = values.subarray(start, start + step);
        if (asEvents) session.emit({ event: 'rows', columns, rows: nested(piece, columns.length) });
        else await output.write(csvRows(piece, columns.length));
      }
    },
  };
}

function nested(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
}
