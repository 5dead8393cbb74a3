/** The records of a text: delimited cells, or objects of JSON, by the rules of the command line. */
import { parse } from 'csv-parse/browser/esm/sync';
import {
  beginningOf,
  csvMistake,
  isComment,
  isJson,
  jsonTable,
  linesOf,
  RecordLines,
  RowCollector,
  splitLine,
  WHITESPACE,
} from '../../src/page/index.ts';
import type { RecordBatch, SourceColumns, TableNotice } from '../../src/page/index.ts';

/** The cells of a table as text. */
export interface TextTable {
  names: readonly string[];
  cells: string[][];
  /** The line of each row. */
  lines: number[];
}

/** @throws {DataError} with file, line and column, if the text is not a table */
export function textTable(text: string, file: string, notify: (notice: TableNotice) => void): TextTable {
  return collected(recordsOf(text, file), file, notify);
}

/** All records of a table. */
export type Records = RecordBatch & { columns: SourceColumns };

/** The cells of the records, without a header. @throws {DataError} if they are not a table */
export function collected(
  { columns, ...batch }: Records,
  file: string,
  notify: (notice: TableNotice) => void,
): TextTable {
  let names: readonly string[] = [];
  const rows = new RowCollector(file, columns, {
    columns: [],
    text: (offered) => (names = offered),
    emptyText: true,
    chunkRows: Math.max(1, batch.records.length),
    onNotice: notify,
  });
  rows.add(batch);
  rows.finish();
  const [chunk] = rows.takeChunks();
  return { names, ...(chunk?.text ?? { cells: [], lines: [] }) };
}

function recordsOf(text: string, file: string): Records {
  if (!isJson(text)) return delimited(text, file);
  const { names, ...batch } = jsonTable(text, file);
  return { ...batch, columns: { kind: 'named', names } };
}

/** Enough text to find the delimiter. */
const HEAD_CHARACTERS = 65536;

function delimited(text: string, file: string): Records {
  const head = linesOf(text.slice(0, HEAD_CHARACTERS));
  const { above, delimiter, hasHashCells } = beginningOf(
    text.length > HEAD_CHARACTERS ? head.slice(0, -1) : head,
  );
  const comment = above.at(-1);
  const linesAbove = comment?.line ?? 0;
  const isSpaced = delimiter === WHITESPACE;
  const batch: RecordBatch = { records: [], lines: [] };
  const rows = belowLines(text, linesAbove);
  const lines = new RecordLines(linesAbove);
  lines.add(new TextEncoder().encode(rows));
  try {
    parse(rows, {
      delimiter: isSpaced ? [' ', '\t'] : delimiter,
      ...(hasHashCells ? {} : { comment: '#', comment_no_infix: true }),
      trim: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      relax_column_count: true,
      onRecord: (record: string[], { bytes }) => {
        const line = lines.of(record, bytes);
        const cells = isSpaced ? record.filter((cell) => cell !== '') : record;
        const width = batch.records.at(-1)?.length ?? 0;
        if (cells.length > 0 && !(hasHashCells && isComment(cells, width))) {
          batch.records.push(cells);
          batch.lines.push(line);
        }
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw csvMistake(file, String(error.code), lines.next(!hasHashCells));
  }
  const named = comment && {
    cells: splitLine(comment.text.replace(/^#+/, ''), delimiter),
    line: comment.line,
  };
  return { ...batch, columns: { kind: 'unknown', ...(named && { comment: named }) } };
}

/** The text after its first `count` lines. */
function belowLines(text: string, count: number): string {
  const line = /\r\n|\n|\r|$/g;
  for (let left = count; left > 0; left--) line.exec(text);
  return text.slice(line.lastIndex);
}
