/** The table of training settings. */
import {
  BELOW_ONE,
  integer,
  listOf,
  NOT_NEGATIVE,
  oneOf,
  POSITIVE,
  SEED,
  TEXT,
} from '../calls/optionRules.ts';
import type { OptionRule } from '../calls/optionRules.ts';
import { ShapeError } from '../errors.ts';
import { formatSchedule, parseSchedule, SCHEDULE, SCHEDULE_TEXTS } from '../model/schedule.ts';
import type { Schedule } from '../model/schedule.ts';
import { OPTIMIZERS } from '../model/optimizer.ts';
import type { OptimizerName } from '../model/optimizer.ts';
import type { OptimizerSettings } from '../passes/optimize.ts';
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
