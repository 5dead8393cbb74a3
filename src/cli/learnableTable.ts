/** Tables whose rows a flow learns: what the columns are, and how to read the rows. */
import type { Rows } from '../calls/callerArrays.ts';
import { readTable } from '../data/readTable.ts';
import type { TableChunk, TextRows } from '../data/readTable.ts';
import type { Domain } from '../model/domain.ts';
import { TableCodec } from '../table/codec.ts';
import type { TableColumn } from '../table/columns.ts';
import type { ColumnKind } from '../table/infer.ts';
import type { Missing } from '../table/plan.ts';
import { MAX_SAMPLE_VALUES } from '../training/streamedRows.ts';
import { insideDomains } from './domains.ts';
import { FileLines } from './fileLines.ts';
import { rowsByName } from './modelInput.ts';
import type { Reading } from './progress.ts';
import { besides, encodedRows, joinedValues, planFile } from './tableInput.ts';
import type { EncodedRows, PlannedTable } from './tableInput.ts';
import type { TableForm } from './tableOptions.ts';

/** How to find out what the columns are, and how to read them. */
export interface LearningOptions {
  columns?: string[];
  /** The column of the rows' weights. */
  weights?: string;
  /** The columns of the resumed model, used if `columns` are not given. */
  modelColumns: string[] | undefined;
  /** The columns of the resumed model, if some are no plain numbers. */
  modelTable: readonly TableColumn[] | undefined;
  /** The domains of the resumed model. */
  modelDomains: readonly Domain[] | undefined;
  /** The kinds that the user gives to these columns. */
  typesFor: (columns: readonly string[]) => ReadonlyMap<string, ColumnKind>;
  missing: Missing;
  /** How tables are read. */
  form: TableForm;
  /** Values of a table to keep in memory; by default those of the sample of a stream. */
  maxValues?: number;
  /** Shows how much of the table is read. */
  reading: Reading;
  signal: AbortSignal;
}

/** A table that can be read several times. */
export interface LearnableTable {
  file: string;
  /** Names of the features. */
  columns: string[];
  domains?: readonly Domain[];
  /** How texts become features, if some columns are no plain numbers. */
  codec?: TableCodec;
  /** What each column of the file is, for a fresh run. */
  plan?: PlannedTable;
  /** Reads all rows, each with its context cells and last the cell of its weight. */
  read: () => AsyncGenerator<EncodedRows>;
}

/** Finds out what the columns are: from the model of an earlier run, else by a first pass over the table. */
export async function learnableTable(
  file: string,
  context: readonly string[],
  options: LearningOptions,
): Promise<LearnableTable> {
  const { columns: asked, weights, modelColumns, modelTable, missing, form } = options;
  const text = besides(context, weights);
  if (modelTable !== undefined) return codedTable(file, new TableCodec(modelTable), text, options);
  if (modelColumns !== undefined) {
    const chunks = (): AsyncGenerator<TableChunk> =>
      asked === undefined
        ? rowsByName(file, modelColumns, text, form)
        : readTable(file, { ...form, columns: asked, text });
    return plainTable(file, asked ?? modelColumns, options.modelDomains, chunks);
  }
  const plan = await planFile(file, { ...options, context, weights, columns: asked });
  if (plan.plain === undefined || missing === 'drop') {
    return { ...codedTable(file, plan.codec, text, options), plan };
  }
  const { columns, domains } = plan.plain;
  const isReal = domains.every((domain) => domain === 'real');
  const chunks = (): AsyncGenerator<TableChunk> => readTable(file, { ...form, columns, text });
  return { ...plainTable(file, columns, isReal ? undefined : domains, chunks), plan };
}

/** A file of the same columns. */
export function tableLike(
  { columns, domains, codec }: LearnableTable,
  file: string,
  text: readonly string[],
  options: LearningOptions,
): LearnableTable {
  if (codec !== undefined) return codedTable(file, codec, text, options);
  return plainTable(file, columns, domains, () => rowsByName(file, columns, text, options.form));
}

function codedTable(
  file: string,
  codec: TableCodec,
  context: readonly string[],
  { missing, form }: LearningOptions,
): LearnableTable {
  return {
    file,
    columns: codec.features.map(({ name }) => name),
    domains: codec.features.map(({ domain }) => domain),
    codec,
    read: () => encodedRows(file, codec, { context, missing, form }),
  };
}

function plainTable(
  file: string,
  columns: string[],
  domains: readonly Domain[] | undefined,
  chunks: () => AsyncGenerator<TableChunk>,
): LearnableTable {
  return {
    file,
    columns,
    ...(domains && { domains }),
    read: () => insideDomains(chunks(), file, () => domains),
  };
}

/**
 * The number of rows, the rows if they are few enough to keep, and their lines.
 * @throws the errors of `read`; the signal's reason once it is aborted
 */
export async function rowsInMemory(
  { columns, plan, read }: LearnableTable,
  { maxValues = MAX_SAMPLE_VALUES, reading, signal }: LearningOptions,
): Promise<{ count: number; rows?: EncodedRows; lines: FileLines }> {
  const dim = columns.length;
  if (plan !== undefined && plan.rows * dim > maxValues) return { count: plan.rows, lines: plan.lines };
  let parts: EncodedRows[] = [];
  let length = 0;
  const lines = new FileLines();
  for await (const part of reading(read(), ({ values }) => values.length / dim, plan?.rows)) {
    signal.throwIfAborted();
    length += part.values.length;
    lines.add(part.text.lines);
    if (length > maxValues) parts = [];
    else parts.push(part);
  }
  if (length > maxValues) return { count: length / dim, lines };
  return { count: length / dim, rows: joinedRows(parts), lines };
}

/** All rows, however many. @throws like `rowsInMemory` */
export async function allRowsOf(
  table: LearnableTable,
  options: LearningOptions,
): Promise<EncodedRows & { lines: FileLines }> {
  const { rows = joinedRows([]), lines } = await rowsInMemory(table, { ...options, maxValues: Infinity });
  return { ...rows, lines };
}

function joinedRows(parts: readonly EncodedRows[]): EncodedRows {
  const widths = parts.flatMap((part) => part.widths ?? []);
  const text: TextRows = {
    cells: parts.flatMap((part) => part.text.cells),
    lines: parts.flatMap((part) => part.text.lines),
  };
  const values: Rows = joinedValues(
    parts.map((part) => part.values),
    Float64Array,
  );
  return { values, ...(widths.length > 0 && { widths: joinedValues(widths, Float32Array) }), text };
}
