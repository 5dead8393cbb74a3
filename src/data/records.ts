/** The one form in which every reader hands over a table: text records with their places in the file. */

/** Consecutive records of a table. */
export interface RecordBatch {
  /** The cells of each record, trimmed. A null of a typed format is the empty cell. */
  records: string[][];
  /** The first line of each record in a text file, else its row; counted from 1. */
  lines: number[];
}

/** What a format knows about its columns. */
export type SourceColumns =
  /** The format names them: Parquet, JSON. */
  | { kind: 'named'; names: string[] }
  /** The format has no names: an array of numbers. */
  | { kind: 'numbered'; count: number }
  /** Text: the first record, or the comment above it, may be a header. */
  | { kind: 'unknown'; comment?: CommentLine };

/** The last comment line above the first record, split like a record. */
export interface CommentLine {
  cells: string[];
  line: number;
}

/** A table of any format. */
export interface RecordSource {
  columns: SourceColumns;
  batches: AsyncGenerator<RecordBatch>;
}

/** A remark on how a table was read. A warning asks the user to check it. */
export interface TableNotice {
  kind: 'warning' | 'note';
  message: string;
}

/** What a reader needs besides the bytes. */
export interface ReaderContext {
  /** The file's name in messages. */
  file: string;
  /** Name of the text encoding; by default it is told by the bytes. */
  encoding?: string;
  notify: (notice: TableNotice) => void;
}

const MAX_BATCH_RECORDS = 4096;
const MAX_BATCH_CELLS = 2 ** 20;

/** Records per batch of the formats that are not text: fewer of a wide table. */
export function batchRecords(columns: number): number {
  return Math.max(1, Math.min(MAX_BATCH_RECORDS, Math.floor(MAX_BATCH_CELLS / columns)));
}
