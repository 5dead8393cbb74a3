/** Records of delimited text, streamed through csv-parse. Node only. */
import type { Buffer } from 'node:buffer';
import { CsvError, Parser } from 'csv-parse';
import { splitLine, WHITESPACE } from './delimiter.ts';
import { beginningOf, isHashed, linesOf } from './beginning.ts';
import { csvMistake, isComment } from './csvMistake.ts';
import type { TextLine } from './beginning.ts';
import { RecordLines } from './recordLines.ts';
import type { ReaderContext, RecordBatch, RecordSource } from './records.ts';
import type { TextSource } from './textBlocks.ts';

/** The records of delimited text. Its delimiter and its comments are found in its first lines. */
export async function csvRecords(text: TextSource, { file }: ReaderContext): Promise<RecordSource> {
  const { above, delimiter, hasHashCells } = beginningOf(await headLines(text));
  const comment = above.at(-1);
  return {
    columns: {
      kind: 'unknown',
      ...(comment && {
        comment: { cells: splitLine(comment.text.replace(/^#+/, ''), delimiter), line: comment.line },
      }),
    },
    batches: batchesOf(text, new RecordParser(delimiter, hasHashCells, comment?.line ?? 0), file),
  };
}

const HEAD_BYTES = 65536;

/** A longer record means an unclosed quote, or a file that is not a table. */
const MAX_RECORD_CHARACTERS = 16 * 2 ** 20;

/** The first lines of a text, at least one that is no comment, and only whole ones if there are several. */
async function headLines(text: TextSource): Promise<TextLine[]> {
  for (let size = HEAD_BYTES; ; size *= 2) {
    const { bytes, isWhole } = await text.head(size);
    const lines = linesOf(bytes.toString('utf8'));
    if (!isWhole && lines.length > 1) lines.pop();
    if (isWhole || size >= MAX_RECORD_CHARACTERS || lines.some((line) => !isHashed(line))) return lines;
  }
}

async function* batchesOf(text: TextSource, parser: RecordParser, file: string): AsyncGenerator<RecordBatch> {
  try {
    for await (const block of text.blocks()) {
      await parser.feed(block);
      if (parser.hasRecords) yield parser.takeBatch();
    }
    await parser.finish();
    if (parser.hasRecords) yield parser.takeBatch();
  } catch (error) {
    throw csvError(file, error, parser);
  }
}

/** Collects records by `push`, because the callback and the object stream of csv-parse cost three times as much as parsing. */
class RecordParser extends Parser {
  /** Lines of comments above the table, which are not parsed. */
  readonly #linesAbove: number;
  readonly #lines: RecordLines;
  readonly #isSpaced: boolean;
  readonly #hasHashCells: boolean;
  #batch: RecordBatch = { records: [], lines: [] };
  #width = 0;
  #isStart = true;
  #failure: unknown;

  constructor(delimiter: string, hasHashCells: boolean, linesAbove: number) {
    const isSpaced = delimiter === WHITESPACE;
    super({
      delimiter: isSpaced ? [' ', '\t'] : delimiter,
      trim: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: MAX_RECORD_CHARACTERS,
      ...(hasHashCells ? {} : { comment: '#', comment_no_infix: true }),
    });
    this.#linesAbove = linesAbove;
    this.#lines = new RecordLines(linesAbove);
    this.#isSpaced = isSpaced;
    this.#hasHashCells = hasHashCells;
    // The write callback reports the same error; without a listener it would also end the process.
    this.on('error', () => {});
  }

  /** The first line of the record that is being parsed. */
  get line(): number {
    return this.#lines.next(!this.#hasHashCells);
  }

  get hasRecords(): boolean {
    return this.#batch.records.length > 0;
  }

  takeBatch(): RecordBatch {
    const batch = this.#batch;
    this.#batch = { records: [], lines: [] };
    return batch;
  }

  async feed(block: Buffer): Promise<void> {
    const rows = this.#isStart ? belowLines(block, this.#linesAbove) : block;
    this.#isStart = false;
    this.#lines.add(rows);
    await new Promise<void>((resolve) => this.write(rows, (error) => this.#settle(error, resolve)));
    if (this.#failure !== undefined) throw this.#failure;
  }

  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.once('error', (error) => this.#settle(error, resolve));
      this.end(() => resolve());
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  override push(record: string[] | null): boolean {
    if (record === null) return true;
    const line = this.#lines.of(record, this.info.bytes);
    const cells = this.#isSpaced ? record.filter((cell) => cell !== '') : record;
    if (this.#hasHashCells && isComment(cells, this.#width)) return true;
    if (cells.length === 0) return true;
    this.#width = cells.length;
    this.#batch.records.push(cells);
    this.#batch.lines.push(line);
    return true;
  }

  #settle(error: unknown, resolve: () => void): void {
    if (error) this.#failure ??= error;
    resolve();
  }
}

/** The bytes after the first `count` lines. */
function belowLines(block: Buffer, count: number): Buffer {
  let at = 0;
  for (let line = 0; line < count; line++) {
    while (at < block.length && block[at] !== 10 && block[at] !== 13) at++;
    at += block[at] === 13 && block[at + 1] === 10 ? 2 : 1;
  }
  return block.subarray(at);
}

/** Turns an error of csv-parse into a sentence about the file; returns other errors unchanged. */
function csvError(file: string, error: unknown, { line }: RecordParser): unknown {
  return error instanceof CsvError ? csvMistake(file, error.code, line) : error;
}
