/** The options of `fit`. */
import { takeData, takeFloats } from '../calls/callerArrays.ts';
import type { NumberRows, Rows } from '../calls/callerArrays.ts';
import {
  FINITE,
  FLAG,
  FLOATS,
  integer,
  listOf,
  NAMES,
  numberWhere,
  OBJECT,
  oneOf,
  requireOptions,
  SIGNAL,
  TEXT,
} from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { TOY_NAMES } from '../data/toyFamily.ts';
import type { ToyName } from '../data/toyFamily.ts';
import type { RowStream } from '../data/rowStream.ts';
import { ShapeError } from '../errors.ts';
import { CONTEXT_COLUMN } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { TableColumn } from '../table/columns.ts';
import { perSetting } from './settingTable.ts';
import type { TrainingSettings } from './settingTable.ts';

/**
 * Rows to learn from, row-major [N, D], a stream of rows that do not fit into memory, or fresh points of a toy density made on the GPU for every step. If the flow's
 * `contextDim` is the number of the density's classes, it learns the points conditioned on their class, one-hot.
 */
export type TrainingData = Rows | RowStream | { toy: ToyName; noise?: number };

export interface FitOptions extends Partial<TrainingSettings> {
  /**
   * Step after which this call ends, so that `resume` can continue; the schedule still spans `steps`. Default `steps`.
   */
  until?: number;
  /**
   * Steps between reports, which then come after each multiple of it, each score and the last step. So equal runs give
   * equal reports but for their times. By default a report comes with each submit, a few times a second.
   */
  reportEvery?: number;
  /**
   * Rows that are scored during training. The flow ends with the best-scoring parameters, and training stops
   * when scores no longer improve. By default a tenth of a table's rows, and none for a toy density; `false`
   * trains on all rows, for all steps.
   */
  validation?: false | ValidationOptions;
  /** The context of each row, row-major [N, C], for a flow with a context. A toy density brings its classes instead. */
  context?: Float32Array;
  /**
   * The width of each value [N, D], for rows with cells that are intervals, such as categories and integers: see
   * `Cells`. Each epoch draws new points from them.
   */
  widths?: Float32Array;
  /**
   * A weight ≥ 0 for each row [N]: the loss is the weighted mean NLL. A row is drawn in proportion to its weight; rows of
   * weight 0 are left out. Held-out rows keep their weights in the score.
   */
  weights?: Float32Array;
  /** Continues with the optimiser of the last `fit` or of the loaded checkpoint. */
  resume?: boolean;
  /** Resumes on purpose with other rows than the earlier run had; without it, other rows are an error. */
  newData?: boolean;
  /** Names of the columns, for errors and for the model file. */
  columns?: readonly string[];
  /** The columns of the table that the rows encode, stored in the model file. */
  table?: readonly TableColumn[];
  /** The columns of the context, stored in the model file so that later calls can encode contexts. */
  contextColumns?: readonly ContextColumn[];
  /** Name of the preset, for the model file. Default: the preset from which the flow was created. */
  preset?: string;
  /** Stops training: the iterator throws the signal's reason, and the flow keeps the finished steps. */
  signal?: AbortSignal;
}

/** The rows to score, and how often. */
export interface ValidationOptions {
  /** Separate rows [V, D], their contexts [V, C], and their weights [V], by default equal. Without them the seed draws rows that training never sees. */
  data?: Rows;
  context?: Float32Array;
  /** The widths of their cells [V, D]. */
  widths?: Float32Array;
  weights?: Float32Array;
  /** Share of the rows to hold out, in (0, 1). Default 0.1, and at most 10,000 rows. */
  fraction?: number;
  /**
   * Steps between scores. By default one score per pass over the rows, later one per tenth more, at least 50 in a run.
   */
  every?: number;
  /** Training stops after this many scores without an improvement; `Infinity` disables this. Default 10. */
  patience?: number;
}

/** Training data as a caller may give them: the rows may be arrays of numbers. */
export type GivenData = TrainingData | NumberRows;

/** Options as a caller may give them: contexts and widths, like rows, may be arrays of numbers. */
export interface GivenFit extends Omit<FitOptions, 'context' | 'widths' | 'validation'> {
  /**
   * The context of each row [N, C], for a flow with a context. A toy density brings its classes instead. Default
   * none.
   */
  context?: FitOptions['context'] | NumberRows;
  /** The width of each value [N, D], for rows with cells that are intervals. By default all are 0: plain numbers. */
  widths?: FitOptions['widths'] | NumberRows;
  /**
   * Rows that are scored during training: see `ValidationOptions`. By default a tenth of a table's rows, and none for a
   * toy density; `false` trains on all rows, for all steps.
   */
  validation?: false | GivenValidation;
}

type RowParts = 'data' | 'context' | 'widths';
/** The rows to score during training, and how often: see `FitOptions`. */
export type GivenValidation = Omit<ValidationOptions, RowParts> & {
  [Part in RowParts]?: ValidationOptions[Part] | NumberRows;
};

export const DEFAULT_PATIENCE = 10;

const FIT_RULES: OptionRules<keyof FitOptions> = {
  ...perSetting((_, { rule }) => rule),
  until: integer(1),
  reportEvery: integer(1),
  validation: {
    expected: 'an object, or false',
    accepts: (value) => value === false || OBJECT.accepts(value),
  },
  context: FLOATS,
  widths: FLOATS,
  weights: FLOATS,
  resume: FLAG,
  newData: FLAG,
  columns: NAMES,
  contextColumns: listOf(CONTEXT_COLUMN, 'columns of { name, levels } or { name, mean, std }'),
  table: listOf(OBJECT, 'columns of a table'),
  preset: TEXT,
  signal: SIGNAL,
};

const VALIDATION_RULES: OptionRules<keyof ValidationOptions> = {
  data: FLOATS,
  context: FLOATS,
  widths: FLOATS,
  weights: FLOATS,
  fraction: numberWhere('a number between 0 and 1', (value) => value > 0 && value < 1),
  every: integer(1),
  patience: {
    expected: 'an integer ≥ 1, or Infinity',
    accepts: (value) => value === Infinity || integer(1).accepts(value),
  },
};

const STREAM_RULES: OptionRules<keyof RowStream> = {
  rows: integer(2),
  blocks: {
    expected: 'a function that gives the blocks of rows',
    accepts: (value) => typeof value === 'function',
  },
};

export function isToy(data: unknown): data is Exclude<TrainingData, Rows | RowStream> {
  return typeof data === 'object' && data !== null && 'toy' in data;
}

export function isStream(data: unknown): data is RowStream {
  return typeof data === 'object' && data !== null && 'blocks' in data;
}

/**
 * Checks and copies the arguments of `fit` at the call, because training begins only when a report is requested.
 * @throws {ShapeError} naming the option that is unknown or out of range, or an array whose buffer is gone
 */
export function takeFit(
  data: GivenData,
  options: GivenFit,
  { dim, contextDim }: FlowSpec,
): { data: TrainingData; options: FitOptions } {
  requireOptions('fit', options, FIT_RULES);
  const { validation, context, widths, ...others } = options;
  const { weights, schedule, freeze, columns, table, contextColumns } = others;
  if (validation !== undefined && validation !== false) {
    requireOptions('fit', validation, VALIDATION_RULES, [], 'validation.');
  }
  if (columns !== undefined && columns.length !== dim) {
    throw new ShapeError('fit option columns', `${columns.length} names`, `${dim}, one for each feature`);
  }
  if (isToy(data)) requireOptions('fit data', data, { toy: oneOf(TOY_NAMES), noise: FINITE }, ['toy']);
  return {
    data: isStream(data) ? takeStream(data) : isToy(data) ? { ...data } : takeData('data', data, dim),
    options: {
      ...others,
      ...(context !== undefined && { context: takeFloats('fit option context', context, contextDim) }),
      ...(widths !== undefined && { widths: takeFloats('fit option widths', widths, dim) }),
      ...(weights !== undefined && { weights: takeFloats('fit option weights', weights) }),
      ...(validation !== undefined && {
        validation: validation && takeValidation(validation, dim, contextDim),
      }),
      ...(schedule && { schedule: { ...schedule } }),
      ...(freeze && { freeze: [...freeze] }),
      ...(columns && { columns: [...columns] }),
      ...(table && { table: structuredClone(table) }),
      ...(contextColumns && { contextColumns: structuredClone(contextColumns) }),
    },
  };
}

function takeStream({ rows, blocks }: RowStream): RowStream {
  requireOptions('fit', { rows, blocks }, STREAM_RULES, ['rows', 'blocks'], 'data.');
  return { rows, blocks };
}

function takeValidation(given: GivenValidation, dim: number, contextDim: number): ValidationOptions {
  const { data, context, widths, ...others } = given;
  const { weights } = others;
  return {
    ...others,
    ...(data !== undefined && { data: takeData('validation.data', data, dim) }),
    ...(context !== undefined && { context: takeFloats('validation.context', context, contextDim) }),
    ...(widths !== undefined && { widths: takeFloats('validation.widths', widths, dim) }),
    ...(weights !== undefined && { weights: takeFloats('validation.weights', weights) }),
  };
}
