/** The training rows of `train`, from a file or a toy density. */
import path from 'node:path';
import type { Rows } from '../calls/callerArrays.ts';
import type { ContextColumn } from '../model/context.ts';
import { allRows, readCsv } from '../data/csv.ts';
import { heldRows, MIN_TRAINING_ROWS } from '../data/holdOut.ts';
import { columnStatistics } from '../data/statistics.ts';
import { toyDensity } from '../data/toy.ts';
import type { ToyDensity, ToyName } from '../data/toy.ts';
import { DataError, LimitError, ShapeError } from '../errors.ts';
import type { TrainingData } from '../training/options.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import type { Domain } from '../model/domain.ts';
import { columnNamesOf, contextColumnsOf, encodeCells } from './contextInput.ts';
import { insideDomains } from './domains.ts';
import { rowsByName } from './modelInput.ts';
import { requireOwnColumn, takeWeights } from './weightsInput.ts';

export interface TrainingSet {
  title: string;
  columns: string[];
  data: TrainingData;
  /** Rows of a separate file to score. */
  validation?: Rows;
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
  /** A file, a fraction of the rows, or none. */
  val?: string;
  /** The column of the rows' weights. */
  weights?: string;
  /** The columns of the resumed model, used if `columns` are not given. */
  modelColumns: string[] | undefined;
  /** The context columns of the resumed model, which its rows must fit. */
  modelContext: readonly ContextColumn[] | undefined;
  /** Number of rows that the resumed model's run held out. */
  modelHeldOut: number | undefined;
  /** The domains of these columns, if some are bounded. */
  domainsFor: (columns: readonly string[]) => readonly Domain[] | undefined;
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
  if (name === undefined) return readTable(file ?? '', options);
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

async function readTable(file: string, options: TrainingSetOptions): Promise<TrainingSet> {
  const { columns: asked, modelColumns, context: contextNames, modelContext, domainsFor, signal } = options;
  const contextColumnNames = contextNames ?? columnNamesOf(modelContext ?? []);
  const names = [...contextColumnNames, ...(options.weights === undefined ? [] : [options.weights])];
  requireOwnColumn(options.weights, { '--columns': asked ?? modelColumns, '--context': contextColumnNames });
  const chunks =
    asked === undefined && modelColumns !== undefined
      ? rowsByName(file, modelColumns, names)
      : readCsv(file, { columns: (found) => requireLearnable(asked ?? found), text: names });
  // Uses the names of the model's columns if the file has no header.
  const domainsHere = (columns: readonly string[]) => domainsFor(asked ?? modelColumns ?? columns);
  const table = await allRows(insideDomains(chunks, file, domainsHere), signal);
  const { columns: found, values } = table;
  const { text, weights } = takeWeights(file, options.weights, table.text);
  const columns = asked ?? modelColumns ?? found;
  if (columns.length === 0) {
    throw new DataError(
      'found only context columns, expected one or more to learn',
      { file },
      'Leave one out of --context.',
    );
  }
  const contextColumns = modelContext ?? contextColumnsOf(file, contextColumnNames, text);
  const contexts = contextColumns.length === 0 ? undefined : encodeCells(file, contextColumns, text);
  withFile(file, () => columnStatistics(values, columns.length, columns, domainsFor(columns)));
  const rows = values.length / columns.length;
  const {
    context: validationContext,
    weights: validationWeights,
    ...scored
  } = await validationOf(contexts, rows, columns, contextColumns, options);
  return {
    title: path.basename(file),
    columns,
    data: values,
    ...scored,
    ...(weights && { weights: { data: weights, validation: validationWeights } }),
    ...(contexts === undefined
      ? {}
      : { context: { columns: contextColumns, data: contexts, validation: validationContext } }),
  };
}

/** The columns, if a flow may have this many; checked at the first line, before any row is read. */
function requireLearnable(columns: readonly string[]): readonly string[] {
  const { dim } = SPEC_LIMITS;
  if (columns.length <= dim) return columns;
  const advice = `Choose at most ${dim.toLocaleString('en')} of them by --columns.`;
  const table = `A flow of ${columns.length.toLocaleString('en')} columns`;
  throw new LimitError(table, 'dim', columns.length, dim, advice, 'wgflow');
}

/** Rows for validation: the file of `--val`, or a held-out share of the table. */
async function validationOf(
  contexts: Float32Array | undefined,
  rows: number,
  columns: string[],
  contextColumns: readonly ContextColumn[],
  { val, weights: column, modelHeldOut, domainsFor, signal }: TrainingSetOptions,
): Promise<Pick<TrainingSet, 'validation' | 'heldOut'> & { context?: Float32Array; weights?: Float32Array }> {
  if (val === NO_VALIDATION) return {};
  if (val === undefined) return { heldOut: { rows: modelHeldOut ?? heldRows(rows) } };
  const fraction = Number(val);
  if (Number.isNaN(fraction)) {
    const names = columnNamesOf(contextColumns);
    const read = rowsByName(val, columns, column === undefined ? names : [...names, column]);
    const held = await allRows(
      insideDomains(read, val, () => domainsFor(columns)),
      signal,
    );
    const { text, weights } = takeWeights(val, column, held.text);
    const context = contexts && encodeCells(val, contextColumns, text);
    return {
      validation: held.values,
      ...(context === undefined ? {} : { context }),
      ...(weights === undefined ? {} : { weights }),
    };
  }
  const held = Math.round(fraction * rows);
  if (!(fraction > 0 && fraction < 1) || held < 1 || rows - held < MIN_TRAINING_ROWS) {
    throw new ShapeError(
      '--val',
      val,
      `${NO_VALIDATION}, a CSV file, or a fraction of the ${rows} rows between 0 and 1 that holds out at least 1 and leaves at least ${MIN_TRAINING_ROWS}`,
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
