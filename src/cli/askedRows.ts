/** Tables that a model answers questions of: `explain`, `predict`, `impute`. */
import type { Rows } from '../calls/callerArrays.ts';
import { firstRepeated } from '../data/csvLayout.ts';
import { ShapeError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import type { Model } from '../io/modelFile.ts';
import { domainsOf } from '../spec/offset.ts';
import type { Part, TableCodec } from '../table/codec.ts';
import { withStandIns } from '../table/known.ts';
import { plainTable } from '../table/plainTable.ts';
import { columnNamesOf, contextColumns, outsideRange, rowContext } from './contextInput.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { begun, codecOf, columnNames, openFlow } from './modelInput.ts';
import type { ModelFile } from './modelInput.ts';
import { tellNews } from './modelRows.ts';
import { openOutput } from './outputFile.ts';
import { rowsProgress } from './progress.ts';
import { RowResults } from './rowResults.ts';
import { tellRows, writeRows } from './rowsOutput.ts';
import type { RowWriter } from './rowsOutput.ts';
import type { Session } from './session.ts';
import { tableShard } from './shards/shard.ts';
import type { ShardPlace } from './shards/shard.ts';
import { tableTexts } from './tableInput.ts';
import { tableForm } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';

/** Options of every question. */
export interface AskCommandOptions extends TableOptions {
  out: string;
  context?: string;
  shard?: ShardPlace;
}

/** Rows of a table, with what is known of them. */
export interface AskedRows {
  rows: number;
  /** Index of the first row, and the line of each. */
  firstRow: number;
  lines: readonly number[];
  /** The cells of the table's columns, then of the context's. */
  texts: readonly (readonly string[])[];
  context: readonly (readonly string[])[];
  /** Options of the library's questions. */
  values: Rows;
  options: {
    widths?: Float32Array;
    context: Float32Array | undefined;
    firstRow: number;
    signal: AbortSignal;
  };
  /** By row and learned column. */
  unknown: boolean[][];
}

export interface AskedTable {
  model: ModelFile;
  file: string;
  codec: TableCodec;
  contextNames: string[];
  rows: AsyncGenerator<AskedRows>;
  /** The first line of the output, if this is a shard. */
  note: string | undefined;
}

/** Rows that are read and answered at once. */
const ROWS_AT_ONCE = 2048;

/** The columns of a model; those of plain numbers are columns of real numbers. @throws {ShapeError} for a model of images */
export function askedCodec(model: Model): TableCodec {
  const { image } = model.spec;
  if (image !== undefined) {
    throw new ShapeError('the model', `one of images of ${image.join(' × ')}`, 'one of a table');
  }
  return codecOf(model) ?? plainTable(columnNames(model), domainsOf(model.spec));
}

/** The learned column of that name. @throws {ShapeError} when there is none */
export function learnedPart({ parts, learned }: TableCodec, name: string, option: string): Part {
  const part = parts.find(({ column, features }) => column.name === name && features.length > 0);
  if (part === undefined)
    throw new ShapeError(option, name, `one of the learned columns ${learned.join(', ')}`);
  return part;
}

/**
 * The rows of a table as a question takes them, checked up to the first of them.
 * @param isUnknown whether a cell is unknown, by its text and column
 * @param spare a learned column that the table may lack
 * @param prepared the rows to encode, for those of the table
 * @param result options that the result depends on, besides these
 */
export async function askedTable(
  session: Session,
  command: string,
  model: ModelFile,
  file: string,
  { out, context: given, shard: place, ...options }: AskCommandOptions,
  {
    isUnknown,
    spare,
    prepared = (_, rows) => rows,
    result = {},
  }: {
    isUnknown: (cell: string, column: string) => boolean;
    spare?: string;
    prepared?: (codec: TableCodec, rows: readonly (readonly string[])[]) => readonly (readonly string[])[];
    result?: Readonly<Record<string, unknown>>;
  },
): Promise<AskedTable> {
  requireDistinctFiles(
    command,
    [['--out', out]],
    [
      ['the model', model.file],
      ['the data', file],
    ],
  );
  const codec = askedCodec(model.model);
  const contexts = rowContext(model, file, given);
  const isTable = model.model.training?.table !== undefined;
  const width = codec.columns.length;
  const columns = contextColumns(model);
  const form = tableForm(session, options);
  const asked = { command, files: [model.file], out, options: { given, ...result } };
  if (place !== undefined && columns.length > 0 && given === undefined) {
    // Where to look for a conditional depends on the contexts of the first rows.
    const advice = 'Give all rows one context by --context.';
    throw new ShapeError(command, '--shard with a context that differs by row', 'one of them', advice);
  }
  const shard = place && (await tableShard(place, file, form, asked));
  const first = shard?.rows.first ?? 0;
  async function* read(): AsyncGenerator<AskedRows> {
    const chunkCells = ROWS_AT_ONCE * (width + contexts.text.length);
    const all = { ...form, chunkCells, range: shard?.rows };
    const chunks = tableTexts(file, codec, contexts.text, all, spare);
    let firstRow = first;
    for await (const { cells: texts, lines } of chunks) {
      const filled = withStandIns(codec, prepared(codec, texts), isUnknown);
      const { values, widths } = codec.encode(filled.rows, { file, lines });
      const rows = texts.length;
      const { features, cells } = contexts.of({ cells: texts.map((row) => row.slice(width)), lines }, rows);
      for (const message of outsideRange(columns, cells).slice(0, firstRow === first ? 1 : 0)) {
        session.notice({ kind: 'warning', message });
      }
      const asked = { ...(isTable && { widths }), context: features, firstRow, signal: session.signal };
      yield { rows, firstRow, lines, texts, context: cells, values, options: asked, unknown: filled.unknown };
      firstRow += rows;
    }
  }
  const rows = await begun(read());
  return { model, file, codec, contextNames: columnNamesOf(columns), rows, note: shard?.note };
}

/** How a command answers the rows of its table; each part returns how many rows it wrote. */
export interface Answer {
  /** `Explained` in `Explained 1,000 rows`. */
  verb: string;
  columns: readonly string[];
  part: (flow: Flow, part: AskedRows, to: AnswerTo) => Promise<number>;
  /** After the last part. */
  end?: (flow: Flow, to: AnswerTo) => Promise<number>;
}

export interface AnswerTo {
  writer: RowWriter;
  results: RowResults;
}

/** Answers all rows of a table, and writes the output whole or not at all. */
export async function answerRows(
  session: Session,
  command: string,
  { model, file, codec, rows: parts, note }: AskedTable,
  { out }: AskCommandOptions,
  { verb, columns, part: answer, end }: Answer,
): Promise<void> {
  requireDifferent(command, columns);
  const output = await openOutput(out);
  const shown = rowsProgress(session, verb);
  let rows = 0;
  let written = 0;
  try {
    using flow = await openFlow(session, model);
    const to = { writer: writeRows(session, output, columns, out, { note }), results: new RowResults() };
    for await (const part of parts) {
      session.signal.throwIfAborted();
      written += await answer(flow, part, to);
      rows += part.rows;
      shown.update(rows);
    }
    shown.stop();
    to.results.requireFinite(rows, file);
    written += (await end?.(flow, to)) ?? 0;
    await to.writer.end();
    await output.commit();
  } finally {
    shown.stop();
    await output.discard();
  }
  tellNews(session, codec);
  tellRows(session, written, out);
}

/** @throws {ShapeError} when two columns of the result share a name */
function requireDifferent(command: string, columns: readonly string[]): void {
  const twice = firstRepeated(columns);
  if (twice === undefined) return;
  const advice = 'Rename the column in the table and train again.';
  throw new ShapeError(command, `two columns named ${twice} in the result`, 'different names', advice);
}
