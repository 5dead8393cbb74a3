/** Writes rows of results as CSV or, with `--json` and no file, as events. */
import type { Rows } from '../calls/callerArrays.ts';
import { csvCells, csvHeader, csvRows } from '../data/csv.ts';
import type { Cell } from '../data/csv.ts';
import { jsonNumber, jsonText } from './json.ts';
import type { Output } from './outputFile.ts';
import type { Session } from './session.ts';

/** Rows per piece of text. */
const ROWS_AT_ONCE = 16_384;

export interface RowWriter {
  /** `values` row-major [rows, columns]; the last columns may come as text in `more`, row by row. */
  rows(values: Rows, more?: readonly (readonly string[])[]): Promise<void>;
  /** Rows of texts and numbers, for tables whose columns are no plain numbers. */
  cells(rows: readonly (readonly Cell[])[]): Promise<void>;
  /** Call once after the last rows, so that a table without rows still gets its header. */
  end(): Promise<void>;
}

/**
 * The header is written with the first rows, so no file appears if they could not be computed.
 * @param options.offset of the columns, if they are data
 * @param options.note line to write before the header
 */
export function writeRows(
  session: Session,
  output: Output,
  columns: readonly string[],
  out: string,
  { offset, note = '' }: { offset?: Float64Array; note?: string } = {},
): RowWriter {
  const asEvents = session.json && out === '-';
  let hasHeader = asEvents;
  const header = async (): Promise<void> => {
    if (!hasHeader) await output.write(note + csvHeader(columns));
    hasHeader = true;
  };
  return {
    async rows(values, more = []) {
      await header();
      const width = columns.length - (more[0]?.length ?? 0);
      for (let row = 0; row * width < values.length; row += ROWS_AT_ONCE) {
        const piece = values.subarray(row * width, (row + ROWS_AT_ONCE) * width);
        const text = more.slice(row, row + ROWS_AT_ONCE);
        await output.write(asEvents ? rowsEvent(columns, piece, text) : csvRows(piece, width, text, offset));
      }
    },
    async cells(rows) {
      await header();
      for (let row = 0; row < rows.length; row += ROWS_AT_ONCE) {
        const piece = rows.slice(row, row + ROWS_AT_ONCE);
        await output.write(
          asEvents ? `${jsonText({ event: 'rows', columns, rows: piece })}\n` : csvCells(piece),
        );
      }
    },
    end: header,
  };
}

function rowsEvent(columns: readonly string[], values: Rows, more: readonly (readonly string[])[]): string {
  const width = columns.length - (more[0]?.length ?? 0);
  const rows = Array.from({ length: values.length / width }, (_, row) => [
    ...Array.from(values.subarray(row * width, (row + 1) * width), jsonNumber),
    ...(more[row] ?? []),
  ]);
  return `${JSON.stringify({ event: 'rows', columns, rows })}\n`;
}

/** The final message of every command that writes rows. */
export function tellRows(session: Session, rows: number, out: string): void {
  if (out !== '-') session.say(`Wrote ${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'} to ${out}`);
  session.emit({ event: 'done', rows, ...(out === '-' ? {} : { out }) });
}
