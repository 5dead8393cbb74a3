/** What `fit` takes, and what is refused. */
import { takeData, takeFloats } from '../calls/callerArrays.ts';
import type { Rows } from '../calls/callerArrays.ts';
import { CONTEXT_COLUMN, contextFeatures, contextNames } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import { TOY_NAMES, toyDensity } from '../data/toy.ts';
import type { ToyName } from '../data/toy.ts';
import { requireInside } from '../model/domain.ts';
import { domainsOf } from '../spec/offset.ts';
import { DataError, ShapeError } from '../errors.ts';
import { heldRows, holdOut, MIN_TRAINING_ROWS } from '../data/holdOut.ts';
import type { ContextRows } from '../data/holdOut.ts';
import type { OptimizerState, Settings } from '../io/modelFile.ts';
import {
  BELOW_ONE,
  FINITE,
  FLAG,
  FLOATS,
  integer,
  listOf,
  NOT_NEGATIVE,
  numberWhere,
  OBJECT,
  oneOf,
} from '../calls/optionRules.ts';
import { POSITIVE, requireOptions, SEED, SIGNAL, TEXT } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { STREAMS } from '../random.ts';
import { takeContext } from '../calls/rows.ts';
import { parseSchedule, SCHEDULE } from '../model/schedule.ts';
import type { Schedule } from '../model/schedule.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { datasetFor } from '../passes/batch.ts';
import type { BatchSource } from '../passes/batch.ts';
import type { FlowModel } from '../spec/layout.ts';
import { defaultSubmitMs } from './submitSize.ts';
import type { RunSettings } from './run.ts';

/**
 * Rows to learn from, row-major [N, D], or fresh points of a toy density made on the GPU for every step. A flow whose
 * `contextDim` is the number of the density's classes learns them given their class, one-hot.
 */
export type TrainingData = Rows | { toy: ToyName; noise?: number };

export interface FitOptions {
  /** Steps in all; with `resume` the steps of the earlier run count. */
  steps: number;
  /** Step after which this call ends, for `resume` to go on from; the schedule still spans `steps`. Default `steps`. */
  until?: number;
  /** Rows of a batch. Default 512. */
  batch?: number;
  /** Default 1e-3. */
  learningRate?: number;
  /** Default constant. */
  schedule?: Schedule;
  /** Global norm above which the gradient is scaled down; 0 (the default) never does. */
  clipNorm?: number;
  /** Adam's β₁, β₂, ε. Defaults 0.9, 0.999, 1e-8. */
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Seed of the shuffle or of the fresh points. Default 0. */
  seed?: number;
  /**
   * Rows that are scored while training goes on: the parameters that scored best are the ones the flow has at the end,
   * and training stops when scores get no better. By default a tenth of a table's rows, and none of a toy density;
   * `false` trains on all rows, for all steps.
   */
  validation?: false | ValidationOptions;
  /** Of a flow with a context: that of each row, row-major [N, C]. None for a toy density, which brings its classes. */
  context?: Float32Array;
  /** Goes on with the optimiser of the last `fit` or of the checkpoint that was loaded. */
  resume?: boolean;
  /** Resumes with other rows than those of the earlier run, on purpose; else that is an error. */
  newData?: boolean;
  /** Names of the columns, for errors and for the model file. */
  columns?: readonly string[];
  /** The columns that the context is made of, for the model file and so for whoever gives a context later. */
  contextColumns?: readonly ContextColumn[];
  /** Name of the preset, for the model file. */
  preset?: string;
  /** Time that one submit should take, in milliseconds. Default 8 in a page, which must stay smooth, 100 elsewhere. */
  submitMs?: number;
  /** Stops training: the iterator throws the signal's reason, the flow keeps the steps that were done. */
  signal?: AbortSignal;
}

/** Which rows are scored, and how often. */
export interface ValidationOptions {
  /** Rows [V, D] of their own, and their contexts [V, C]. Without them the seed draws rows that training never sees. */
  data?: Rows;
  context?: Float32Array;
  /** Share of the rows that is held out, in (0, 1). Default 0.1, and at most 10,000 rows. */
  fraction?: number;
  /** Steps from score to score. Default: after each pass over the rows, later after a tenth more, 50 times a run at least. */
  every?: number;
  /** Scores without a better one after which training stops; `Infinity` never does. Default 10. */
  patience?: number;
}

export const DEFAULT_PATIENCE = 10;

/** A call of `fit` as it was made. Everything in it is a copy, since training begins only when a report is asked for. */
export interface TakenFit {
  data: TrainingData;
  options: FitOptions;
}

/** @throws {ShapeError} naming an array that is none, or whose buffer is gone */
export function takeFit(data: TrainingData, options: FitOptions): TakenFit {
  const { validation, context, schedule, columns, contextColumns } = options;
  return {
    data: isToy(data) ? { ...data } : takeData('data', data),
    options: {
      ...options,
      ...(context !== undefined && { context: takeFloats('fit option context', context) }),
      ...(validation !== undefined && { validation: takeValidation(validation) }),
      ...(schedule && { schedule: { ...schedule } }),
      ...(columns && { columns: [...columns] }),
      ...(contextColumns && { contextColumns: structuredClone(contextColumns) }),
    },
  };
}

function takeValidation(given: false | ValidationOptions): false | ValidationOptions {
  if (given === false) return false;
  const { data, context } = given;
  return {
    ...given,
    ...(data !== undefined && { data: takeData('validation.data', data) }),
    ...(context !== undefined && { context: takeFloats('validation.context', context) }),
  };
}

export function isToy(data: unknown): data is Exclude<TrainingData, Rows> {
  return typeof data === 'object' && data !== null && 'toy' in data;
}

type AskedSettings = Omit<RunSettings, 'variants'>;

const VALIDATION_RULES: OptionRules<keyof ValidationOptions> = {
  data: FLOATS,
  context: FLOATS,
  fraction: numberWhere('a number between 0 and 1', (value) => value > 0 && value < 1),
  every: integer(1),
  patience: {
    expected: 'an integer ≥ 1, or Infinity',
    accepts: (value) => value === Infinity || integer(1).accepts(value),
  },
};

/** What a checkpoint holds, too. */
const SETTING_RULES: OptionRules<(typeof SETTINGS)[number]> = {
  batch: integer(1),
  learningRate: POSITIVE,
  clipNorm: NOT_NEGATIVE,
  beta1: BELOW_ONE,
  beta2: BELOW_ONE,
  epsilon: POSITIVE,
  seed: SEED,
};

const FIT_RULES: OptionRules<keyof FitOptions> = {
  ...SETTING_RULES,
  steps: integer(1),
  until: integer(1),
  schedule: SCHEDULE,
  validation: {
    expected: 'an object, or false',
    accepts: (value) => value === false || OBJECT.accepts(value),
  },
  context: FLOATS,
  resume: FLAG,
  newData: FLAG,
  columns: listOf(TEXT, 'names of the columns without control characters'),
  contextColumns: listOf(CONTEXT_COLUMN, 'columns of { name, levels } or { name, mean, std }'),
  preset: TEXT,
  submitMs: POSITIVE,
  signal: SIGNAL,
};

/** @throws {ShapeError} naming the option that is not known or out of range */
export function requireFitOptions(data: TrainingData, options: FitOptions, { dim }: FlowSpec): void {
  requireOptions('fit', options, FIT_RULES, ['steps']);
  const { validation, columns } = options;
  if (validation !== undefined && validation !== false) {
    requireOptions('fit', validation, VALIDATION_RULES, [], 'validation.');
  }
  if (columns !== undefined && columns.length !== dim) {
    throw new ShapeError('fit option columns', `${columns.length} names`, `${dim}, one for each feature`);
  }

  if (isToy(data)) requireOptions('fit data', data, { toy: oneOf(TOY_NAMES), noise: FINITE }, ['toy']);
}

/** The settings of a run where nothing else is said. */
export const FIT_DEFAULTS = {
  batch: 512,
  learningRate: 1e-3,
  clipNorm: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  seed: 0,
};

/**
 * The settings of a run: what is asked for, else what the run had that is resumed, else the defaults.
 * @throws {ShapeError} when the steps are done already
 * @throws {DataError} when the checkpoint has a setting that is out of range
 */
export function settingsOf(options: FitOptions, state: OptimizerState | undefined): AskedSettings {
  const { schedule, submitMs = defaultSubmitMs(), ...asked } = options;
  const { schedule: storedSchedule, ...stored } = storedSettings(state);
  const settings: AskedSettings = {
    ...FIT_DEFAULTS,
    ...Object.fromEntries(
      SETTINGS.flatMap((name) => {
        const value = asked[name] ?? stored[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    schedule:
      schedule ?? (typeof storedSchedule === 'string' ? parseSchedule(storedSchedule) : { kind: 'constant' }),
    steps: asked.steps,
    submitMs,
  };
  const { until = settings.steps } = options;
  if (state !== undefined && state.step >= Math.min(until, settings.steps)) {
    throw new ShapeError(
      `fit option ${until < settings.steps ? 'until' : 'steps'}`,
      String(Math.min(until, settings.steps)),
      `more than the ${state.step} steps already done`,
    );
  }
  return settings;
}

/** The settings of the run that is resumed. @throws {DataError} naming the first that `fit` would refuse */
function storedSettings(state: OptimizerState | undefined): Settings {
  const settings = state?.settings ?? {};
  for (const [name, { accepts, expected }] of Object.entries(SETTING_RULES)) {
    const value = settings[name];
    if (value === undefined || accepts(value)) continue;
    throw new DataError(`the checkpoint's setting ${name}: found ${String(value)}, expected ${expected}`);
  }
  if (settings['schedule'] !== undefined) parseSchedule(String(settings['schedule']));
  return settings;
}

const SETTINGS = ['batch', 'learningRate', 'clipNorm', 'beta1', 'beta2', 'epsilon', 'seed'] as const;

/** @throws {ShapeError} when the data are not of the flow's features and classes */
export function sourceOf(model: FlowModel, data: TrainingData): BatchSource {
  const { dim, contextDim } = model.spec;
  if (isToy(data)) {
    const { shape, noise, classes, dim: features } = toyDensity(data.toy, { noise: data.noise });
    if (dim !== features) throw new ShapeError('spec.dim', String(dim), `${features}, that of ${data.toy}`);
    const source = { kind: 'toy', shape, noise, stream: STREAMS.toyTraining } as const;
    if (contextDim === 0) return source;
    if (contextDim !== classes || classes === 1) {
      const expected =
        classes === 1
          ? `0, since ${data.toy} has no classes`
          : `${classes}, the classes of ${data.toy}, or 0`;
      throw new ShapeError('spec.contextDim', String(contextDim), expected);
    }
    return { ...source, classes };
  }
  if (data.length === 0 || data.length % dim !== 0) {
    throw new ShapeError('data', `${data.length} values`, `a positive multiple of dim = ${dim}`);
  }
  return datasetFor(model.spec, data.length / dim);
}

/**
 * The contexts of the training rows, where there are some to upload.
 * @throws {ShapeError} when they are not those of the rows, or do not fit the columns that are to be recorded
 * @throws {DataError} when one is not finite
 */
export function contextOf(
  spec: FlowSpec,
  source: BatchSource,
  { context, contextColumns }: FitOptions,
): Float32Array | undefined {
  if (contextColumns !== undefined && contextFeatures(contextColumns) !== spec.contextDim) {
    const found = `${contextFeatures(contextColumns)} features in ${contextColumns.length} columns`;
    throw new ShapeError('fit option contextColumns', found, `${spec.contextDim}, as spec.contextDim`);
  }
  if (source.kind === 'toy') {
    if (context === undefined) return undefined;
    throw new ShapeError(
      'fit option context',
      `${context.length} values`,
      'none, as a toy density brings its own',
    );
  }
  return finiteContext('fit option context', spec, source.rows, context, contextColumns);
}

function finiteContext(
  what: string,
  spec: FlowSpec,
  rows: number,
  context: Float32Array | undefined,
  columns: readonly ContextColumn[] | undefined,
): Float32Array | undefined {
  const { contextDim } = spec;
  const given = takeContext(what, spec, rows, context);
  if (given === undefined) return undefined;
  if (given.length !== rows * contextDim) {
    const expected = `${contextDim} values (spec.contextDim) for each of the ${rows} rows`;
    throw new ShapeError(what, `${given.length} values`, expected);
  }
  const bad = given.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(`${what}: found ${given[bad]}, expected a finite number`, {
      row: Math.floor(bad / contextDim) + 1,
      column: columns && contextNames(columns)[bad % contextDim],
    });
  }
  return given;
}

/** Rows to score while a run goes on. */
export interface Validation extends ContextRows {
  /** Rows that were to be held out of the table; undefined for rows of their own. */
  heldOut?: number;
  every: number | undefined;
  patience: number;
}

/** What a run learns from, and what it is scored on. */
export interface Split {
  source: BatchSource;
  training?: ContextRows;
  validation?: Validation;
}

/**
 * Takes the rows to score from the table, if they are not given. A resumed run holds out what it did before.
 * @throws {ShapeError | DataError} when they do not fit the flow
 */
export function splitOf(
  model: FlowModel,
  source: BatchSource,
  table: ContextRows | undefined,
  options: FitOptions,
  { seed, stored }: { seed: number; stored: Settings | undefined },
): Split {
  const whole = { source, training: table };
  const { validation } = options;
  const known = storedValidation(stored);
  const isUnasked = validation === undefined && (table === undefined || known?.heldOut === 0);
  if (validation === false || isUnasked) return whole;
  const { every, patience = known?.patience ?? DEFAULT_PATIENCE, fraction, data } = validation ?? {};
  if (data !== undefined) {
    if (fraction !== undefined) {
      throw new ShapeError('fit option validation', 'both data and fraction', 'one of them');
    }
    return { ...whole, validation: { ...givenRows(model, data, options), every, patience } };
  }
  if (table === undefined) {
    const advice = 'A toy density has no rows to hold out; give data, or leave the option out.';
    throw new ShapeError('fit option validation', 'no data', 'rows to score', advice);
  }
  const rows = table.data.length / model.spec.dim;
  if (fraction !== undefined) requireFraction(fraction, rows);
  const heldOut = fraction === undefined ? (known?.heldOut ?? heldRows(rows)) : heldRows(rows, fraction);
  const { training, held } = holdOut(table, { rows, held: Math.min(heldOut, rows - 1), seed });
  if (held === undefined) return whole;
  return {
    source: datasetFor(model.spec, training.data.length / model.spec.dim),
    training,
    validation: { ...held, heldOut, every, patience },
  };
}

/** How an earlier run held rows out and stopped; undefined for a run that begins. */
function storedValidation(stored: Settings | undefined): { heldOut: number; patience: number } | undefined {
  if (stored === undefined) return undefined;
  const { heldOut, patience } = stored;
  return {
    heldOut: typeof heldOut === 'number' ? heldOut : 0,
    patience: typeof patience === 'number' ? patience : Infinity,
  };
}

function requireFraction(fraction: number, rows: number): void {
  const held = Math.round(fraction * rows);
  if (fraction > 0 && fraction < 1 && held >= 1 && rows - held >= MIN_TRAINING_ROWS) return;
  throw new ShapeError(
    'fit option validation.fraction',
    String(fraction),
    `a share of the ${rows} rows between 0 and 1 that holds out at least 1 and leaves at least ${MIN_TRAINING_ROWS}`,
  );
}

function givenRows({ spec }: FlowModel, data: Rows, options: FitOptions): ContextRows {
  const { validation, contextColumns } = options;
  if (data.length === 0 || data.length % spec.dim !== 0) {
    throw new ShapeError(
      'validation.data',
      `${data.length} values`,
      `a positive multiple of dim = ${spec.dim}`,
    );
  }
  const bad = data.findIndex((value: number) => !Number.isFinite(value));
  if (bad >= 0) {
    const row = Math.floor(bad / spec.dim) + 1;
    throw new DataError(`validation: found ${data[bad]}, expected a finite number`, { row });
  }
  requireInside(data, domainsOf(spec), { file: 'validation', ...options });
  const rows = data.length / spec.dim;
  const context = validation === false ? undefined : validation?.context;
  const given = finiteContext('validation.context', spec, rows, context, contextColumns);
  return { data, ...(given === undefined ? {} : { context: given }) };
}
