/** A CSV text as rows to learn from, with the sentences of the command line for what can be wrong with it. */
import { parse } from 'csv-parse/browser/esm/sync';
import { NUMBER, badCell, isHeader, layOut, raggedRow } from '../../src/data/csvLayout.ts';
import { DataError } from '../../src/errors.ts';

export interface Table {
  columns: string[];
  /** Row-major [rows, columns]. */
  rows: Float32Array;
}

interface ParsedRecord {
  record: string[];
  info: { lines: number };
}

/** @throws {DataError} with file, line and column, where the text is no table of finite numbers that vary */
export function readTable(text: string, file: string): Table {
  const records = recordsOf(text, file);
  const [first] = records;
  if (first === undefined) throw new DataError('found no rows, expected a table of numbers', { file });
  const header = isHeader(file, first.record, first.info.lines);
  const names = header ? first.record : first.record.map((_, index) => `x${index + 1}`);
  const { columns } = layOut(file, names, header ? first.info.lines : undefined, {});
  const body = header ? records.slice(1) : records;
  requireShape(file, columns, body.length);
  const rows = new Float32Array(body.length * columns.length);
  body.forEach(({ record, info }, row) => {
    if (record.length !== columns.length) throw raggedRow(file, record.length, columns, info.lines);
    record.forEach((cell, column) => {
      const value = NUMBER.test(cell) ? Math.fround(Number(cell)) : NaN;
      if (!Number.isFinite(value)) throw badCell(file, cell, info.lines, columns[column]);
      rows[row * columns.length + column] = value;
    });
  });
  requireVariation(file, columns, rows);
  return { columns, rows };
}

/** Fewer rows than this say nothing about a density. */
const FEWEST_ROWS = 10;

function recordsOf(text: string, file: string): ParsedRecord[] {
  if (text.includes('\0')) {
    throw new DataError(
      'found binary data, expected a CSV text file',
      { file },
      'Give a text file with one row per line and cells separated by commas.',
    );
  }
  const firstLine = /^\s*([^\r\n]*)/.exec(text)?.[1]?.replace(/"[^"]*"?/g, '') ?? '';
  try {
    return parse(text, {
      delimiter: [',', ';', '\t'].find((delimiter) => firstLine.includes(delimiter)) ?? ',',
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      info: true,
    }) as unknown as ParsedRecord[];
  } catch (error) {
    const row = error instanceof Error && 'lines' in error ? Number(error.lines) : undefined;
    throw new DataError(
      'found a quote that is never closed or stands inside a cell, expected quotes only around a whole cell',
      { file, row },
      'Close the quote, or double a quote that is meant literally.',
    );
  }
}

function requireShape(file: string, columns: readonly string[], rows: number): void {
  if (columns.length < 2) {
    throw new DataError(
      `found one column, "${columns[0] ?? ''}", expected two or more`,
      { file },
      'A coupling needs one column to look at and one to change.',
    );
  }
  if (rows < FEWEST_ROWS) {
    throw new DataError(
      `found ${rows} rows of numbers, expected at least ${FEWEST_ROWS}`,
      { file },
      'Add rows.',
    );
  }
}

function requireVariation(file: string, columns: readonly string[], rows: Float32Array): void {
  columns.forEach((column, index) => {
    for (let at = index; at < rows.length; at += columns.length) if (rows[at] !== rows[index]) return;
    throw new DataError(
      `every row has ${rows[index]}, expected numbers that differ`,
      { file, column },
      'Leave the column out.',
    );
  });
}
