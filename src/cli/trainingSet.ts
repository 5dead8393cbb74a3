/** The training rows of `train`, from a file or a toy density. */
import path from 'node:path';
import type { Rows } from '../calls/callerArrays.ts';
import type { ContextColumn } from '../model/context.ts';
import { allRows, readTable } from '../data/readTable.ts';
import type { TableChunk, TextRows } from '../data/readTable.ts';
import { heldRows, MIN_TRAINING_ROWS } from '../data/holdOut.ts';
import { sourceName } from '../data/sourceFile.ts';
import { columnStatistics } from '../data/statistics.ts';
import { toyDensity } from '../data/toy.ts';
import type { ToyDensity, ToyName } from '../data/toy.ts';
import { DataError, ShapeError } from '../errors.ts';
import type { TrainingData } from '../training/options.ts';
import type { Domain } from '../model/domain.ts';
import { TableCodec } from '../table/codec.ts';
import type { TableColumn } from '../table/columns.ts';
import type { ColumnKind } from '../table/infer.ts';
import type { Missing } from '../table/plan.ts';
import { columnNamesOf, contextColumnsOf, encodeCells, rareLabels } from './contextInput.ts';
import { insideDomains } from './domains.ts';
import { rowsByName } from './modelInput.ts';
import { encodeFile, planFile } from './tableInput.ts';
import type { PlannedTable } from './tableInput.ts';
import type { TableForm } from './tableOptions.ts';
import { requireOwnColumn, takeWeights } from './weightsInput.ts';

export interface TrainingSet {
  title: string;
  columns: string[];
  data: TrainingData;
  /** The widths of the rows' cells, if some columns are no plain numbers: see `Cells`. */
  widths?: Float32Array;
  /** The domains of the features; undefined if all are real. */
  domains?: readonly Domain[];
  /** How texts become features, if some columns are no plain numbers. */
  codec?: TableCodec;
  /** What each column of the file is. */
  plan?: PlannedTable;
  /** What the user should know of the table. */
  warnings?: readonly string[];
  /** Rows of a separate file to score, and their widths. */
  validation?: Rows;
  validationWidths?: Float32Array;
  /** Rows of the table to hold out: the share of --val or the default. */
  heldOut?: { rows: number; fraction?: number };
  /** The context of the rows, if the flow is conditional. */
  context?: TrainingContext;
  /** Weights of the rows, and of the rows of a separate file to score. */
  weights?: { data: Float32Array; validation?: Float32Array };
  /** The density itself, for toy sets: its entropy is the lower bound of any model's NLL. */
  toy?: ToyDensity;
}

export interface TrainingContext {
  columns: readonly ContextColumn[];
  /** For the training rows, and below for the validation rows; a toy density has its own. */
  data?: Float32Array;
  validation?: Float32Array;
}

export interface TrainingSetOptions {
  toy?: ToyName;
  noise?: number;
  columns?: string[];
  /** Names of the context columns. */
  context?: string[];
  /** A table, a fraction of the rows, or none. */
  val?: string;
  /** The column of the rows' weights. */
  weights?: string;
  /** The columns of the resumed model, used if `columns` are not given. */
  modelColumns: string[] | undefined;
  /** The context columns of the resumed model, which its rows must fit. */
  modelContext: readonly ContextColumn[] | undefined;
  /** Number of rows that the resumed model's run held out. */
  modelHeldOut: number | undefined;
  /** The columns of the resumed model, if some are no plain numbers. */
  modelTable: readonly TableColumn[] | undefined;
  /** The domains of the resumed model. */
  modelDomains: readonly Domain[] | undefined;
  /** The kinds that the user gives to these columns. */
  typesFor: (columns: readonly string[]) => ReadonlyMap<string, ColumnKind>;
  missing: Missing;
  /** How tables are read. */
  form: TableForm;
  signal: AbortSignal;
}

/** The value of `--val` for training on all rows. */
export const NO_VALIDATION = 'none';

/** @throws {DataError | ShapeError} when the rows are unsuitable for training */
export async function readTrainingSet(
  file: string | undefined,
  options: TrainingSetOptions,
): Promise<TrainingSet> {
  const { toy: name, modelContext } = options;
  if (name === undefined) return tableSet(file ?? '', options);
  const toy = toyDensity(name, { noise: options.noise });
  if (options.context !== undefined && toy.classes === 1) {
    throw new ShapeError(
      '--context',
      `${options.context.join(',')} with --toy ${name}`,
      'no --context',
      'This density has no classes.',
    );
  }
  const levels = Array.from({ length: toy.classes }, (_, index) => String(index));
  const asked = options.context?.map((label): ContextColumn => ({ name: label, levels }));
  const columns = asked ?? modelContext;
  return {
    title: name,
    columns: toy.mean.map((_, j) => `x${j + 1}`),
    data: { toy: name, noise: toy.noise },
    toy,
    ...(columns === undefined ? {} : { context: { columns } }),
  };
}

async function tableSet(file: string, options: TrainingSetOptions): Promise<TrainingSet> {
  const { context: contextNames, modelContext, weights: weightsColumn } = options;
  const context = contextNames ?? columnNamesOf(modelContext ?? []);
  requireOwnColumn(weightsColumn, {
    '--columns': options.columns ?? options.modelColumns,
    '--context': context,
  });
  const rows = await tableRows(file, besides(context, weightsColumn), options);
  const { columns, values, widths, domains } = rows;
  const { text, weights } = takeWeights(file, weightsColumn, rows.text);
  const contextColumns = modelContext ?? contextColumnsOf(file, context, text);
  const contexts = contextColumns.length === 0 ? undefined : encodeCells(file, contextColumns, text);
  if (widths === undefined) withFile(file, () => columnStatistics(values, columns.length, columns, domains));
  const {
    context: validationContext,
    weights: validationWeights,
    ...scored
  } = await validationOf(rows, contexts, contextColumns, options);
  return {
    title: path.basename(sourceName(file)),
    columns,
    data: values,
    ...(widths && { widths }),
    ...(domains && { domains }),
    ...(rows.codec && { codec: rows.codec }),
    ...(rows.plan && { plan: rows.plan }),
    warnings: [...(rows.plan?.warnings ?? []), ...rareLabels(contextColumns, text)],
    ...scored,
    ...(weights && { weights: { data: weights, validation: validationWeights } }),
    ...(contexts === undefined
      ? {}
      : { context: { columns: contextColumns, data: contexts, validation: validationContext } }),
  };
}

/** The columns to read as text: the context's and last the weights'. */
function besides(context: readonly string[], weights: string | undefined): string[] {
  return weights === undefined ? [...context] : [...context, weights];
}

/** The rows of a table, as a flow learns them. */
interface TableRows {
  /** Names of the features. */
  columns: string[];
  values: Rows;
  widths?: Float32Array;
  domains?: readonly Domain[];
  text: TextRows;
  codec?: TableCodec;
  plan?: PlannedTable;
}

async function tableRows(
  file: string,
  context: readonly string[],
  options: TrainingSetOptions,
): Promise<TableRows> {
  const { columns: asked, modelColumns, modelTable, typesFor, missing, form, signal } = options;
  if (modelTable !== undefined) {
    return encodedRows(file, new TableCodec(modelTable), { context, missing, form, signal });
  }
  if (modelColumns !== undefined) {
    const chunks =
      asked === undefined
        ? rowsByName(file, modelColumns, context, form)
        : readTable(file, { ...form, columns: asked, text: context });
    return plainRows(chunks, file, asked ?? modelColumns, options.modelDomains, signal);
  }
  const request = { columns: asked, context, typesFor, missing, form, signal };
  const plan = await planFile(file, request);
  if (plan.plain === undefined || missing === 'drop') {
    return { ...(await encodedRows(file, plan.codec, request)), plan };
  }
  const { columns, domains } = plan.plain;
  const chunks = readTable(file, { ...form, columns, text: context });
  const isReal = domains.every((domain) => domain === 'real');
  return { ...(await plainRows(chunks, file, columns, isReal ? undefined : domains, signal)), plan };
}

async function encodedRows(
  file: string,
  codec: TableCodec,
  request: Parameters<typeof encodeFile>[2],
): Promise<TableRows> {
  const rows = await encodeFile(file, codec, request);
  const columns = codec.features.map(({ name }) => name);
  return { ...rows, columns, domains: codec.features.map(({ domain }) => domain), codec };
}

async function plainRows(
  chunks: AsyncIterable<TableChunk>,
  file: string,
  columns: string[],
  domains: readonly Domain[] | undefined,
  signal: AbortSignal,
): Promise<TableRows> {
  const { values, text } = await allRows(
    insideDomains(chunks, file, () => domains),
    signal,
  );
  return { columns, values, text, ...(domains && { domains }) };
}

/** Rows for validation: the file of `--val`, or a held-out share of the table. */
async function validationOf(
  { columns, values, domains, codec }: TableRows,
  contexts: Float32Array | undefined,
  contextColumns: readonly ContextColumn[],
  { val, weights: weightsColumn, modelHeldOut, missing, form, signal }: TrainingSetOptions,
): Promise<
  Pick<TrainingSet, 'validation' | 'validationWidths' | 'heldOut'> & {
    context?: Float32Array;
    weights?: Float32Array;
  }
> {
  const rows = values.length / columns.length;
  if (val === NO_VALIDATION) return {};
  if (val === undefined) return { heldOut: { rows: modelHeldOut ?? heldRows(rows) } };
  const fraction = Number(val);
  if (Number.isNaN(fraction)) {
    const context = besides(columnNamesOf(contextColumns), weightsColumn);
    const held =
      codec === undefined
        ? await plainRows(rowsByName(val, columns, context, form), val, columns, domains, signal)
        : await encodedRows(val, codec, { context, missing, form, signal });
    const { text, weights } = takeWeights(val, weightsColumn, held.text);
    const encoded = contexts && encodeCells(val, contextColumns, text);
    return {
      validation: held.values,
      ...(held.widths && { validationWidths: held.widths }),
      ...(encoded === undefined ? {} : { context: encoded }),
      ...(weights === undefined ? {} : { weights }),
    };
  }
  const held = Math.round(fraction * rows);
  if (!(fraction > 0 && fraction < 1) || held < 1 || rows - held < MIN_TRAINING_ROWS) {
    throw new ShapeError(
      '--val',
      val,
      `${NO_VALIDATION}, a table, or a fraction of the ${rows} rows between 0 and 1 that holds out at least 1 and leaves at least ${MIN_TRAINING_ROWS}`,
    );
  }
  return { heldOut: { rows: held, fraction } };
}

/** Adds the file to a DataError that lacks it. */
function withFile(file: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof DataError && error.file === undefined) throw error.inFile(file);
    throw error;
  }
}
