/** The table of training settings, and the options of `fit`. */
import { takeData, takeFloats } from '../calls/callerArrays.ts';
import type { NumberRows, Rows } from '../calls/callerArrays.ts';
import {
  BELOW_ONE,
  FINITE,
  FLAG,
  FLOATS,
  integer,
  listOf,
  NAMES,
  NOT_NEGATIVE,
  numberWhere,
  OBJECT,
  oneOf,
  POSITIVE,
  requireOptions,
  SEED,
  SIGNAL,
  TEXT,
} from '../calls/optionRules.ts';
import type { OptionRule, OptionRules } from '../calls/optionRules.ts';
import { TOY_NAMES } from '../data/toyFamily.ts';
import type { ToyName } from '../data/toyFamily.ts';
import type { RowStream } from '../data/rowStream.ts';
import { ShapeError } from '../errors.ts';
import { CONTEXT_COLUMN } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import { formatSchedule, parseSchedule, SCHEDULE, SCHEDULE_TEXTS } from '../model/schedule.ts';
import type { Schedule } from '../model/schedule.ts';
import { OPTIMIZERS } from '../model/optimizer.ts';
import type { OptimizerName } from '../model/optimizer.ts';
import type { OptimizerSettings } from '../passes/optimize.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { TableColumn } from '../table/columns.ts';
import { defaultSubmitMs } from './submitSize.ts';

/** The settings of a run. */
export interface TrainingSettings extends OptimizerSettings {
  /** Total number of steps; with `resume` it includes the steps of the earlier run. Default 3000. */
  steps: number;
  /** Rows of a batch. Default 512. */
  batch: number;
  /** Default: the preset's, or 1e-3. */
  learningRate: number;
  /** Default: the preset's, or constant. */
  schedule: Schedule;
  /** Steps over which the learning rate first rises linearly, under every schedule. Default 0. */
  warmup: number;
  /** Global norm above which the gradient is scaled down; 0 turns clipping off. Default: the preset's, or 0. */
  clipNorm: number;
  /** Seed of the shuffle or of the fresh points. Default 0. */
  seed: number;
  /** `adam`, the default, or `sgd`: gradient descent with momentum. */
  optimizer: OptimizerName;
  /** The share of its velocity that `sgd` keeps each step. Default 0.9. */
  momentum: number;
  /** Adam's β₁, β₂, ε. Defaults 0.9, 0.999, 1e-8. */
  beta1: number;
  /** See `beta1`. Default 0.999. */
  beta2: number;
  /** See `beta1`. Default 1e-8. */
  epsilon: number;
  /**
   * Decoupled weight decay (AdamW): each step multiplies the weights of the nets by 1 − learning rate · `weightDecay`.
   * Biases and all other tensors do not decay. Default 0.
   */
  weightDecay: number;
  /**
   * Decay of an exponential moving average of the parameters (EMA), such as 0.999; 0 keeps none. Validation and the
   * trained flow then use the average, training its own parameters. Default 0.
   */
  averageDecay: number;
  /**
   * Standard deviation of the normal noise that each row gets anew at every step, in units of the standard deviation of
   * the training rows and with their correlations. It keeps a flow from learning few rows by heart. Default: the
   * preset's for the number of rows, or 0. Toy densities get none.
   * @see Rothfuss et al. 2019, https://arxiv.org/abs/1907.08982
   */
  jitter: number;
  /**
   * Tensors that keep their values exactly: each whose name in the model file is one of these, or begins with one and a
   * dot, such as `bijectors.1`. A fresh flow is initialised from the data first. Default none.
   */
  freeze: readonly string[];
  /** Target time of one submit, in milliseconds. Default 8 in a page, to keep it smooth, 100 elsewhere. */
  submitMs: number;
}

export interface Setting<Value> {
  default: Value;
  rule: OptionRule;
  /** Whether a checkpoint keeps it and `resume` restores it. */
  isKept: boolean;
  /** Whether the training record of a model file lists it among its options. */
  isRecorded?: boolean;
  /** The text form of a value that is not a number, on the command line and in a model file. */
  text?: { parse: (text: string) => Value; format: (value: Value) => string; expected: string };
}

/** The text form of an empty list. */
const NO_NAMES = 'none';

/** Every setting, once. Checks, record, checkpoint, `resume` and the command line's options loop over this table. */
export const SETTINGS: { readonly [Name in keyof TrainingSettings]: Setting<TrainingSettings[Name]> } = {
  steps: {
    default: 3000,
    rule: integer(1),
    isKept: true,
  },
  batch: {
    default: 512,
    rule: integer(1),
    isKept: true,
    isRecorded: true,
  },
  learningRate: {
    default: 1e-3,
    rule: POSITIVE,
    isKept: true,
    isRecorded: true,
  },
  schedule: {
    default: { kind: 'constant' },
    rule: SCHEDULE,
    isKept: true,
    isRecorded: true,
    text: {
      parse: parseSchedule,
      format: formatSchedule,
      expected: SCHEDULE_TEXTS,
    },
  },
  warmup: {
    default: 0,
    rule: integer(0),
    isKept: true,
    isRecorded: true,
  },
  clipNorm: {
    default: 0,
    rule: NOT_NEGATIVE,
    isKept: true,
    isRecorded: true,
  },
  seed: {
    default: 0,
    rule: SEED,
    isKept: true,
  },
  optimizer: {
    default: 'adam',
    rule: oneOf(OPTIMIZERS),
    isKept: true,
    isRecorded: true,
    text: { parse: parseOptimizer, format: String, expected: OPTIMIZERS.join(' or ') },
  },
  momentum: {
    default: 0.9,
    rule: BELOW_ONE,
    isKept: true,
    isRecorded: true,
  },
  beta1: { default: 0.9, rule: BELOW_ONE, isKept: true },
  beta2: { default: 0.999, rule: BELOW_ONE, isKept: true },
  epsilon: { default: 1e-8, rule: POSITIVE, isKept: true },
  weightDecay: {
    default: 0,
    rule: NOT_NEGATIVE,
    isKept: true,
    isRecorded: true,
  },
  averageDecay: {
    default: 0,
    rule: BELOW_ONE,
    isKept: true,
    isRecorded: true,
  },
  jitter: {
    default: 0,
    rule: NOT_NEGATIVE,
    isKept: true,
    isRecorded: true,
  },
  freeze: {
    default: [],
    rule: listOf(TEXT, 'a list of names of tensors'),
    isKept: true,
    isRecorded: true,
    text: { parse: parseNames, format: formatNames, expected: `names separated by commas, or ${NO_NAMES}` },
  },
  submitMs: { default: defaultSubmitMs(), rule: POSITIVE, isKept: false },
};

/** The names in `bijectors.1,base`; names of tensors have no commas. */
function parseNames(text: string): string[] {
  return text.trim() === NO_NAMES ? [] : text.split(',').map((name) => name.trim());
}

function formatNames(names: readonly string[]): string {
  return names.length === 0 ? NO_NAMES : names.join(',');
}

/** @throws {ShapeError} for an unknown name */
function parseOptimizer(text: string): TrainingSettings['optimizer'] {
  const name = OPTIMIZERS.find((known) => known === text);
  if (name === undefined) throw new ShapeError('optimizer', `"${text}"`, OPTIMIZERS.join(' or '));
  return name;
}

/** The table as entries, for loops over all settings. */
export const SETTING_ENTRIES = Object.entries(SETTINGS) as [keyof TrainingSettings, Setting<unknown>][];

/** The default settings of a run. */
export const FIT_DEFAULTS = perSetting((_, setting) => setting.default) as TrainingSettings;

/** A value for each setting. */
export function perSetting<Value>(
  valueOf: (name: keyof TrainingSettings, setting: Setting<unknown>) => Value,
): Record<keyof TrainingSettings, Value> {
  const entries = SETTING_ENTRIES.map(([name, setting]) => [name, valueOf(name, setting)]);
  return Object.fromEntries(entries) as Record<keyof TrainingSettings, Value>;
}

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
