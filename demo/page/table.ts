/** Reads CSV text as training rows, with the command line's messages for mistakes. */
import { parse } from 'csv-parse/browser/esm/sync';
import { DataError } from '../../src/index.ts';
import type { Rows } from '../../src/index.ts';
import {
  badCell,
  beginningOf,
  HEAD_RECORDS,
  headingOf,
  layOut,
  linesOf,
  NUMBER,
  raggedRow,
  requireParted,
  textCell,
  WHITESPACE,
} from '../../src/page.ts';
import { MAX_CLASSES } from '../labels.ts';
import type { RowLabels } from '../labels.ts';

export interface Table {
  columns: string[];
  /** Row-major [rows, columns], in the file's order. */
  rows: Rows;
  /** Labels from the text column, if there is one. */
  labels?: RowLabels;
}

interface ParsedRecord {
  record: string[];
  info: { lines: number };
}

/**
 * Reads columns of numbers, and at most one of labels.
 * @throws {DataError} with file, line and column, if the text is not a table of finite numbers that vary
 */
export function readTable(text: string, file: string): Table {
  const records = recordsOf(text, file);
  const [first] = records;
  if (first === undefined) throw new DataError('found no rows, expected a table of numbers', { file });
  const head = records.slice(0, HEAD_RECORDS);
  const heading = headingOf(
    file,
    { records: head.map(({ record }) => record), lines: head.map(({ info }) => info.lines) },
    { header: isLabelled(first.record) ? 'no' : 'auto' },
    () => undefined,
  );
  const { hasNames, spare } = heading;
  const body = records.slice(heading.skipped);
  // Lines that no known delimiter splits would pass for labels.
  if (first.record.length === 1) for (const { record, info } of body) requireParted(file, record, info.lines);
  const at = labelPlace(body, heading.names.length);
  const names = hasNames ? heading.names : numbered(heading.names.length, at);
  const label = at < 0 ? undefined : names[at];
  const { columns, positions } = layOut(
    file,
    { ...heading, names },
    { text: label === undefined ? [] : [label] },
  );
  requireShape(file, columns, label, body.length);
  const rows = new Float64Array(body.length * columns.length);
  body.forEach(({ record, info }, row) => {
    if (record.length !== names.length + spare) throw raggedRow(file, record.length, names, info.lines);
    positions.forEach((position, column) => {
      const cell = record[position] ?? '';
      const value = NUMBER.test(cell) ? Number(cell) : NaN;
      if (!Number.isFinite(Math.fround(value))) throw badCell(file, cell, info.lines, columns[column]);
      rows[row * columns.length + column] = value;
    });
  });
  requireVariation(file, columns, rows);
  if (label === undefined) return { columns, rows };
  return { columns, rows, labels: labelsIn(file, label, body, at) };
}

/** Whether this is a data row of numbers and one label, rather than a header. */
function isLabelled(record: readonly string[]): boolean {
  const numbers = record.filter((cell) => NUMBER.test(cell)).length;
  return numbers >= 2 && numbers === record.length - 1 && !record.includes('');
}

/** Index of the only column without numbers whose cells differ; -1 if there is none, or several. */
function labelPlace(body: readonly ParsedRecord[], width: number): number {
  const places = Array.from({ length: width }, (_, place) => place).filter((place) => {
    const cells = body.map(({ record }) => record[place] ?? '');
    return !cells.some((cell) => NUMBER.test(cell)) && new Set(cells).size > 1;
  });
  return places.length === 1 ? (places[0] ?? -1) : -1;
}

/** The names x1, x2, … and `label`. */
function numbered(width: number, label: number): string[] {
  return Array.from({ length: width }, (_, place) => {
    if (place === label) return 'label';
    return `x${label < 0 || place < label ? place + 1 : place}`;
  });
}

/** The levels are in alphabetical order, as on the command line. */
function labelsIn(file: string, name: string, body: readonly ParsedRecord[], at: number): RowLabels {
  const cells = body.map(({ record, info }) => textCell(file, record[at] ?? '', info.lines, name));
  const levels = [...new Set(cells)].sort((a, b) => (a < b ? -1 : 1));
  if (levels.length > MAX_CLASSES) {
    throw new DataError(
      `found ${levels.length} different labels, expected at most ${MAX_CLASSES}`,
      { file, column: name },
      'Leave the column out, or put rare labels together.',
    );
  }
  const place = new Map(levels.map((level, index) => [level, index]));
  return { column: { name, levels }, of: Uint8Array.from(cells, (cell) => place.get(cell) ?? 0) };
}

/** Fewer rows than this are too few for a density. */
const FEWEST_ROWS = 10;

/** Enough text to find the delimiter. */
const HEAD_CHARACTERS = 65536;

function recordsOf(text: string, file: string): ParsedRecord[] {
  if (text.includes('\0')) {
    throw new DataError(
      'found binary data, expected a CSV text file',
      { file },
      'Give a text file with one row per line and cells separated by commas.',
    );
  }
  const { delimiter, hasHashCells } = beginningOf(linesOf(text.slice(0, HEAD_CHARACTERS)));
  const isSpaced = delimiter === WHITESPACE;
  try {
    const records = parse(text, {
      delimiter: isSpaced ? [' ', '\t'] : delimiter,
      ...(hasHashCells ? {} : { comment: '#', comment_no_infix: true }),
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      info: true,
    }) as unknown as ParsedRecord[];
    if (!isSpaced) return records;
    return records.map(({ record, info }) => ({ record: record.filter((cell) => cell !== ''), info }));
  } catch (error) {
    const row = error instanceof Error && 'lines' in error ? Number(error.lines) : undefined;
    throw new DataError(
      'found a quote that is never closed or stands inside a cell, expected quotes only around a whole cell',
      { file, row },
      'Close the quote, or double a quote that is meant literally.',
    );
  }
}

function requireShape(
  file: string,
  columns: readonly string[],
  label: string | undefined,
  rows: number,
): void {
  if (columns.length < 2) {
    const found = columns.length === 0 ? 'no column of numbers' : `one column, "${columns[0] ?? ''}"`;
    const beside = label === undefined ? '' : `, next to the text column "${label}"`;
    throw new DataError(
      `found ${found}${beside}, expected two or more of numbers`,
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

function requireVariation(file: string, columns: readonly string[], rows: Float64Array): void {
  columns.forEach((column, index) => {
    for (let at = index; at < rows.length; at += columns.length) if (rows[at] !== rows[index]) return;
    throw new DataError(
      `every row has ${rows[index]}, expected numbers that differ`,
      { file, column },
      'Leave the column out.',
    );
  });
}
