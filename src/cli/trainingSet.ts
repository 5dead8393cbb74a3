/** The training rows of `train`, from a file or a toy density. */
import path from 'node:path';
import type { Rows } from '../calls/callerArrays.ts';
import { formulaLabels } from '../data/formula.ts';
import { heldRows, MIN_TRAINING_ROWS } from '../data/holdOut.ts';
import type { ContextRows } from '../data/holdOut.ts';
import type { RowStream } from '../data/rowStream.ts';
import { sourceName } from '../data/sourceFile.ts';
import { columnStatistics } from '../data/statistics.ts';
import { toyDensity } from '../data/toy.ts';
import type { ToyDensity, ToyName } from '../data/toy.ts';
import { DataError, ShapeError } from '../errors.ts';
import type { ContextColumn } from '../model/context.ts';
import type { Domain } from '../model/domain.ts';
import type { ImageShape } from '../model/image.ts';
import type { TableCodec } from '../table/codec.ts';
import { isStream, isToy } from '../training/options.ts';
import type { TrainingData } from '../training/options.ts';
import { columnNamesOf, encodeCells } from './contextInput.ts';
import { contextProfileOf } from './contextProfile.ts';
import { allRowsOf, learnableTable, rowsInMemory, tableLike } from './learnableTable.ts';
import type { LearnableTable, LearningOptions } from './learnableTable.ts';
import type { FileLines } from './fileLines.ts';
import { besides } from './tableInput.ts';
import type { EncodedRows, PlannedTable } from './tableInput.ts';
import { tableStream } from './tableStream.ts';
import type { TableStream } from './tableStream.ts';
import { requireOwnColumn, requireSomeWeight, takeWeights } from './weightsInput.ts';

export interface TrainingSet {
  title: string;
  columns: string[];
  /** The shape of the rows, if they are images. */
  image?: ImageShape;
  /** The rows, a stream of them if they are too many for memory, or a toy density. */
  data: Exclude<TrainingData, RowStream> | TableStream;
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
  /** The lines of the rows to score in their file, be it a separate one or the table. */
  lines?: FileLines;
  /** Rows of the table to hold out: the share of --val or the default. */
  heldOut?: { rows: number; fraction?: number };
  /** The context of the rows, if the flow is conditional. */
  context?: TrainingContext;
  /** Weights of the rows, and of the rows of a separate file to score. */
  weights?: { data?: Float32Array; validation?: Float32Array };
  /** The density itself, for toy sets: its entropy is the lower bound of any model's NLL. */
  toy?: ToyDensity;
}

export interface TrainingContext {
  columns: readonly ContextColumn[];
  /** For the training rows, and below for the validation rows; a toy density has its own. */
  data?: Float32Array;
  validation?: Float32Array;
}

export interface TrainingSetOptions extends LearningOptions {
  toy?: ToyName;
  noise?: number;
  /** Names of the context columns. */
  context?: string[];
  /** A table, a fraction of the rows, or none. */
  val?: string;
  /** The context columns of the resumed model, which its rows must fit. */
  modelContext: readonly ContextColumn[] | undefined;
  /** Number of rows that the resumed model's run held out. */
  modelHeldOut: number | undefined;
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
  const table = await learnableTable(file, context, options);
  const { columns, domains, codec, plan } = table;
  const { count, rows, lines } = await rowsInMemory(table, options);
  const profile = plan?.context ?? contextProfileOf(file, context, rows?.text);
  const contexts = modelContext ?? profile.columns();
  const given = rows && partsOf(table, rows, contexts, weightsColumn);
  const {
    context: validationContext,
    weights: validationWeights,
    ...scored
  } = await validationOf(table, count, contexts, options);
  const weights = { data: given?.weights, validation: validationWeights };
  return {
    title: path.basename(sourceName(file)),
    columns,
    data: given?.data ?? tableStream(count, table, { ...options, contexts }),
    ...(given?.widths && { widths: given.widths }),
    ...(domains && { domains }),
    ...(codec && { codec }),
    ...(plan && { plan }),
    warnings: [
      ...(plan?.warnings ?? []),
      ...profile.rareLabels(contexts),
      ...formulaLabels([...(plan?.codec.columns ?? []), ...contexts]),
    ],
    lines,
    ...scored,
    ...(weightsColumn !== undefined && { weights }),
    ...(contexts.length > 0 && {
      context: { columns: contexts, data: given?.context, validation: validationContext },
    }),
  };
}

/** Rows in memory with their contexts and weights. */
function partsOf(
  { file, columns, domains }: LearnableTable,
  { values, widths, text }: EncodedRows,
  contexts: readonly ContextColumn[],
  weightsColumn: string | undefined,
): ContextRows {
  const { text: cells, weights } = takeWeights(file, weightsColumn, text);
  if (weights !== undefined) requireSomeWeight(file, weightsColumn, weights);
  const context = contexts.length === 0 ? undefined : encodeCells(file, contexts, cells);
  if (widths === undefined) withFile(file, () => columnStatistics(values, columns.length, columns, domains));
  return {
    data: values,
    ...(context && { context }),
    ...(widths && { widths }),
    ...(weights && { weights }),
  };
}

/** Rows for validation: the file of `--val`, or a held-out share of the table. */
async function validationOf(
  table: LearnableTable,
  rows: number,
  contexts: readonly ContextColumn[],
  options: TrainingSetOptions,
): Promise<
  Pick<TrainingSet, 'validation' | 'validationWidths' | 'heldOut' | 'lines'> & {
    context?: Float32Array;
    weights?: Float32Array;
  }
> {
  const { val, weights: weightsColumn } = options;
  if (val !== undefined && val !== NO_VALIDATION && Number.isNaN(Number(val))) {
    const other = tableLike(table, val, besides(columnNamesOf(contexts), weightsColumn), options);
    const { values, widths, text, lines } = await allRowsOf(other, options);
    const { text: cells, weights } = takeWeights(val, weightsColumn, text);
    if (weights !== undefined) requireSomeWeight(val, weightsColumn, weights);
    return {
      validation: values,
      lines,
      ...(widths && { validationWidths: widths }),
      ...(contexts.length > 0 && { context: encodeCells(val, contexts, cells) }),
      ...(weights && { weights }),
    };
  }
  const heldOut = heldOutOf(rows, options);
  return heldOut === undefined ? {} : { heldOut };
}

/** The rows to hold out: the default, or the share of `--val`. @throws {ShapeError} when that is no share of the rows */
export function heldOutOf(
  rows: number,
  { val, modelHeldOut }: Pick<TrainingSetOptions, 'val' | 'modelHeldOut'>,
): { rows: number; fraction?: number } | undefined {
  if (val === NO_VALIDATION) return undefined;
  if (val === undefined) return { rows: modelHeldOut ?? heldRows(rows) };
  const fraction = Number(val);
  const held = Math.round(fraction * rows);
  if (!(fraction > 0 && fraction < 1) || held < 1 || rows - held < MIN_TRAINING_ROWS) {
    throw new ShapeError(
      '--val',
      val,
      `${NO_VALIDATION}, a table, or a fraction of the ${rows} rows between 0 and 1 that holds out at least 1 and leaves at least ${MIN_TRAINING_ROWS}`,
    );
  }
  return { rows: held, fraction };
}

/** The number of rows of a set; infinite for a toy density. */
export function rowCount({ data, columns }: Pick<TrainingSet, 'data' | 'columns'>): number {
  if (isToy(data)) return Infinity;
  return isStream(data) ? data.rows : data.length / columns.length;
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
