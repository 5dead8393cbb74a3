/** Turns the records of any format into chunks of numbers and text. */
import { DataError } from '../errors.ts';
import { badCell, layOut, raggedRow, textCell } from './csvLayout.ts';
import type { Heading, ReadTableOptions, TableLayout } from './csvLayout.ts';
import { HEAD_RECORDS, headingOf, namedHeading, numberedNames } from './heading.ts';
import { NUMBER } from './numberText.ts';
import type { RecordBatch, SourceColumns, TableNotice } from './records.ts';

/** Rows as they stand in a file. */
export interface TextRows {
  /** The cells of each row; none if no column is read as text. */
  cells: string[][];
  /** The line on which each row begins, or its number if the file is not text; counted from 1. */
  lines: number[];
}

/** Consecutive rows of a table. */
export interface TableChunk {
  /** Names of the C columns, in the order of `values`. */
  columns: string[];
  /** `[rows, C]`, row-major, in the float64 precision of the file; a fresh array for every chunk. */
  values: Float64Array;
  rows: number;
  /** The cells of the text columns. */
  text: TextRows;
  /** The cells of the columns that go along, if any were asked for. */
  kept?: TextRows;
}

/** Which cells of a record are read. */
interface RowForm extends TableLayout {
  /** Empty cells at the end of each record. */
  spare: number;
}

/** Takes the records of a table and hands over its chunks. */
export class RowCollector {
  readonly #file: string;
  readonly #columns: SourceColumns;
  readonly #request: ReadTableOptions;
  readonly #chunks: TableChunk[] = [];
  /** The first records, until the heading is known. */
  #head: RecordBatch = { records: [], lines: [] };
  #form: RowForm | undefined;
  #rows = 0;
  #chunk: TableChunk | undefined;

  constructor(file: string, columns: SourceColumns, request: ReadTableOptions) {
    this.#file = file;
    this.#columns = columns;
    this.#request = request;
  }

  add(batch: RecordBatch): void {
    if (this.#form !== undefined) return this.#readRecords(batch, this.#form, 0);
    const { records, lines } = this.#head;
    this.#head = { records: records.concat(batch.records), lines: lines.concat(batch.lines) };
    if (this.#head.records.length >= HEAD_RECORDS) this.#begin();
  }

  /** Closes the last chunk. @throws {DataError} if there were no rows */
  finish(): void {
    if (this.#form === undefined) this.#begin();
    if (this.#rows === 0) {
      throw new DataError(
        'found a header and no rows under it, expected at least one row of numbers',
        { file: this.#file },
        'If the first line is data, write its cells as plain numbers.',
      );
    }
    if (this.#chunk) this.#closeChunk(this.#chunk);
  }

  /** Whether it has all rows of the range that was asked for. */
  get isComplete(): boolean {
    return this.#rows >= (this.#request.range?.end ?? Infinity);
  }

  *takeChunks(): Generator<TableChunk> {
    yield* this.#chunks.splice(0);
  }

  #begin(): void {
    const { records, lines } = this.#head;
    if (records.length === 0) throw new DataError('found no rows, expected a table', { file: this.#file });
    const sample = { records: records.slice(0, HEAD_RECORDS), lines: lines.slice(0, HEAD_RECORDS) };
    const heading = this.#headingOf(sample);
    this.#form = { spare: heading.spare, ...layOut(this.#file, heading, this.#request) };
    this.#readRecords(this.#head, this.#form, heading.skipped);
    this.#head = { records: [], lines: [] };
  }

  #headingOf(sample: RecordBatch): Heading {
    const columns = this.#columns;
    const { header, onNotice } = this.#request;
    const notify = (notice: TableNotice): void => onNotice?.(notice);
    switch (columns.kind) {
      case 'unknown':
        return headingOf(this.#file, sample, { header, comment: columns.comment }, notify);
      case 'named':
        return namedHeading(this.#file, columns.names, sample, notify);
      case 'numbered':
        return { names: numberedNames(columns.count), hasNames: false, skipped: 0, spare: 0, index: [] };
    }
  }

  #readRecords({ records, lines }: RecordBatch, form: RowForm, start: number): void {
    for (let at = start; at < records.length; at++) this.#readRecord(records[at] ?? [], form, lines[at] ?? 0);
  }

  #readRecord(record: string[], form: RowForm, line: number): void {
    const { first = 0, end = Infinity } = this.#request.range ?? {};
    const index = this.#rows++;
    if (index < first || index >= end) return;
    const { names, spare, positions, textPositions, keptPositions, columns, chunkRows } = form;
    if (record.length !== names.length + spare || (spare > 0 && record[names.length] !== '')) {
      throw raggedRow(this.#file, record.length, names, line);
    }
    this.#chunk ??= {
      columns,
      values: new Float64Array(chunkRows * columns.length),
      rows: 0,
      text: { cells: [], lines: [] },
      ...(keptPositions && { kept: { cells: [], lines: [] } }),
    };
    const { values } = this.#chunk;
    let slot = this.#chunk.rows * columns.length;
    for (const position of positions) {
      const cell = record[position] ?? '';
      const value = NUMBER.test(cell) ? Number(cell) : NaN;
      if (!Number.isFinite(Math.fround(value))) throw badCell(this.#file, cell, line, names[position]);
      values[slot++] = value;
    }
    if (textPositions.length > 0) {
      const { emptyText = false } = this.#request;
      const { cells } = this.#chunk.text;
      const cellAt = (at: number): string =>
        textCell(this.#file, record[at] ?? '', line, names[at], emptyText);
      cells.push(textPositions.map(cellAt));
    }
    this.#chunk.text.lines.push(line);
    if (keptPositions !== undefined) {
      this.#chunk.kept?.cells.push(keptPositions.map((at) => record[at] ?? ''));
      this.#chunk.kept?.lines.push(line);
    }
    this.#chunk.rows++;
    if (this.#chunk.rows === chunkRows) this.#closeChunk(this.#chunk);
  }

  #closeChunk(chunk: TableChunk): void {
    const length = chunk.rows * chunk.columns.length;
    const values = length === chunk.values.length ? chunk.values : chunk.values.slice(0, length);
    this.#chunks.push({ ...chunk, columns: [...chunk.columns], values });
    this.#chunk = undefined;
  }
}
