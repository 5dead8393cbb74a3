/** Tables for training: what each column is, and the rows as a flow learns them. */
import type { Rows } from '../calls/callerArrays.ts';
import { readTable } from '../data/readTable.ts';
import type { TableChunk, TextRows } from '../data/readTable.ts';
import { DataError, LimitError } from '../errors.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import type { TableCodec } from '../table/codec.ts';
import { plainCell } from '../table/forms.ts';
import type { ColumnKind } from '../table/infer.ts';
import { plainNumbers, planTable } from '../table/plan.ts';
import type { Missing, PlainNumbers, TablePlan } from '../table/plan.ts';
import { TableProfile } from '../table/profile.ts';
import { ContextProfile } from './contextProfile.ts';
import { FileLines } from './fileLines.ts';
import type { Reading } from './progress.ts';
import type { TableForm } from './tableOptions.ts';

/** A request for a table of a fresh run. */
export interface TableRequest {
  /** The columns to learn; by default all. */
  columns: readonly string[] | undefined;
  context: readonly string[];
  /** The column of the rows' weights. */
  weights: string | undefined;
  /** The kinds that the user gives to these columns. */
  typesFor: (columns: readonly string[]) => ReadonlyMap<string, ColumnKind>;
  missing: Missing;
  form: TableForm;
  /** Shows how much of the table is read. */
  reading: Reading;
  signal: AbortSignal;
}

/** What a first pass over the table finds. */
export interface PlannedTable extends TablePlan {
  /** All columns that may be learned, in the order of the table. */
  names: string[];
  /** The learned columns as plain numbers, if they are all that; their names and domains. */
  plain?: PlainNumbers;
  rows: number;
  lines: FileLines;
  /** The context columns of the same rows. */
  context: ContextProfile;
}

/** Reads the table once and decides what each column is. @throws {DataError | ShapeError} like `planTable` */
export async function planFile(
  file: string,
  { columns, context, weights, typesFor, missing, form, reading, signal }: TableRequest,
): Promise<PlannedTable> {
  const beside = besides(context, weights);
  const isContext = new Set(beside);
  const chosen = (names: readonly string[]): readonly string[] =>
    requireLearnable(columns ?? names.filter((name) => !isContext.has(name)));
  let names: readonly string[] = [];
  const requireSome = (): void => {
    if (names.length > 0) return;
    throw new DataError(
      'found only context columns, expected one or more to learn',
      { file },
      'Leave one out of --context.',
    );
  };
  const text = (found: readonly string[]): readonly string[] => (names = chosen(found));
  let profile: TableProfile | undefined;
  const all = (found: readonly string[]): string[] => [...text(found), ...beside];
  const contexts = new ContextProfile(file, context);
  const lines = new FileLines();
  const chunks = readTable(file, { ...form, columns: [], text: all, emptyText: true });
  for await (const chunk of reading(chunks, ({ rows }) => rows)) {
    signal.throwIfAborted();
    requireSome();
    profile ??= new TableProfile(names);
    for (const [row, line] of keptRows(file, names, chunk.text, missing)) {
      profile.add(row, line);
      lines.add([line]);
      contexts.add(row.slice(names.length), line);
    }
  }
  if (profile === undefined || profile.rows === 0) {
    throw new DataError('found no row without blanks, expected some', { file }, 'Leave --missing drop out.');
  }
  if (profile.rows < 2) {
    throw new DataError('found 1 row, expected at least 2 to measure a spread', { file }, 'Give more data.');
  }
  const plan = planTable(file, profile, { asked: typesFor(names), isChosen: columns !== undefined });
  const plain = plainNumbers(plan.codec.columns);
  return {
    ...plan,
    names: [...names],
    rows: profile.rows,
    lines,
    context: contexts,
    ...(plain && { plain }),
  };
}

/** The columns to read as text: the context's and last the weights'. */
export function besides(context: readonly string[], weights: string | undefined): string[] {
  return weights === undefined ? [...context] : [...context, weights];
}

/** The columns, if a flow may have this many; checked before any row is read. */
function requireLearnable(columns: readonly string[]): readonly string[] {
  const { dim } = SPEC_LIMITS;
  if (columns.length <= dim) return columns;
  const advice = `Choose at most ${dim.toLocaleString('en')} of them by --columns.`;
  const table = `A flow of ${columns.length.toLocaleString('en')} columns`;
  throw new LimitError(table, 'dim', columns.length, dim, advice, 'wgflow');
}

/** The rows that take part, each with its line. @throws {DataError} at the first blank, if blanks are an error */
function* keptRows(
  file: string,
  names: readonly string[],
  { cells, lines }: TextRows,
  missing: Missing,
): Generator<[row: string[], line: number]> {
  for (const [index, row] of cells.entries()) {
    const line = lines[index] ?? 0;
    const blank =
      missing === 'model' ? -1 : row.slice(0, names.length).findIndex((cell) => plainCell(cell) === '');
    if (blank < 0) yield [row, line];
    else if (missing === 'error') {
      throw new DataError(
        `found ${row[blank] === '' ? 'a blank cell' : JSON.stringify(row[blank])}, expected a value`,
        { file, row: line, column: names[blank] },
        'Fill it in, or choose --missing model or --missing drop.',
      );
    }
  }
}

/** Consecutive rows of a table, as a flow learns them. */
export interface EncodedRows {
  /** [N, D] */
  values: Rows;
  /** The widths of the values, if some columns are no plain numbers. */
  widths?: Float32Array;
  /** The context cells of each row, and the cell of its weight. */
  text: TextRows;
}

/**
 * The rows of the file, encoded.
 * @throws {DataError} naming the line of a cell that its column cannot hold
 */
export async function* encodedRows(
  file: string,
  codec: TableCodec,
  { context, missing, form }: Pick<TableRequest, 'context' | 'missing' | 'form'>,
): AsyncGenerator<EncodedRows> {
  const names = codec.columns.map(({ name }) => name);
  for await (const chunk of tableTexts(file, codec, context, form)) {
    const kept = [...keptRows(file, names, chunk, missing)];
    const lines = kept.map(([, line]) => line);
    const rows = kept.map(([row]) => row);
    const text = { cells: rows.map((row) => row.slice(names.length)), lines };
    yield { ...codec.encode(rows, { file, lines }), text };
  }
}

/**
 * The texts of the codec's columns, then of the context's, row by row. Columns are found by name, or by place in a
 * table without a header. A column that is not learned may be absent: its cells are blank.
 * @param spare a learned column that may be absent too
 */
export async function* tableTexts(
  file: string,
  codec: TableCodec,
  context: readonly string[],
  form: TableForm,
  spare?: string,
): AsyncGenerator<TextRows & Pick<TableChunk, 'kept'>> {
  const wanted = codec.columns.map(({ name }) => name);
  const needed = codec.learned.filter((name) => name !== spare);
  let places: number[] = [];
  const text = (
    offered: readonly string[],
    hasHeader: boolean,
    all: readonly string[],
  ): readonly string[] => {
    const own = new Set([...offered, ...all]);
    if (hasHeader || needed.every((name) => own.has(name))) {
      const read = wanted.filter((name) => own.has(name) || needed.includes(name));
      places = wanted.map((name) => read.indexOf(name));
      return [...read, ...context];
    }
    const rest = offered.filter((name) => !context.includes(name));
    const others = wanted.filter((name) => name !== spare);
    if (rest.length === others.length) {
      places = wanted.map((name) => others.indexOf(name));
      return [...rest, ...context];
    }
    if (rest.length !== wanted.length) {
      throw new DataError(
        `found ${rest.length} columns without a header, expected ${wanted.length}: ${wanted.join(', ')}`,
        { file },
        `Give a table of ${wanted.length} columns, or a header.`,
      );
    }
    places = wanted.map((_, place) => place);
    return [...rest, ...context];
  };
  for await (const chunk of readTable(file, { ...form, columns: [], text, emptyText: true })) {
    const { cells, lines } = chunk.text;
    const given = cells.map((row) => [
      ...places.map((place) => (place < 0 ? '' : (row[place] ?? ''))),
      ...row.slice(row.length - context.length),
    ]);
    yield { cells: given, lines, ...(chunk.kept && { kept: chunk.kept }) };
  }
}

/** The values of all parts in one array. */
export function joinedValues<Values extends Float32Array | Float64Array>(
  parts: readonly Rows[],
  Joined: new (length: number) => Values,
): Values {
  const whole = new Joined(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
