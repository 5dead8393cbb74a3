/** Rows of results, as CSV or, with `--json` and no file, as events. */
import { csvHeader, csvRows } from '../data/csv.ts';
import type { Output } from './outputFile.ts';
import type { Session } from './session.ts';

/** Rows put into one piece of text. */
const ROWS_AT_ONCE = 16_384;

export interface RowWriter {
  /** `values` row-major [rows, columns.length]. */
  rows(values: Float32Array): Promise<void>;
  /** Call once after the last rows: a table without rows has its header still. */
  end(): Promise<void>;
}

/** The header is written with the first rows, so that nothing is where they could not be made. */
export function writeRows(
  session: Session,
  output: Output,
  columns: readonly string[],
  out: string,
): RowWriter {
  const asEvents = session.json && out === '-';
  let hasHeader = asEvents;
  const header = async (): Promise<void> => {
    if (!hasHeader) await output.write(csvHeader(columns));
    hasHeader = true;
  };
  return {
    async rows(values) {
      await header();
      const step = ROWS_AT_ONCE * columns.length;
      for (let start = 0; start < values.length; start += step) {
        const piece = values.subarray(start, start + step);
        await output.write(asEvents ? rowsEvent(columns, piece) : csvRows(piece, columns.length));
      }
    },
    end: header,
  };
}

function rowsEvent(columns: readonly string[], values: Float32Array): string {
  const width = columns.length;
  const rows = Array.from({ length: values.length / width }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
  return `${JSON.stringify({ event: 'rows', columns, rows })}\n`;
}

/** What every command that made rows ends with. */
export function tellRows(session: Session, rows: number, out: string): void {
  if (out !== '-') session.say(`Wrote ${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'} to ${out}`);
  session.emit({ event: 'done', rows, ...(out === '-' ? {} : { out }) });
}
