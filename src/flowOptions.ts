/** What the calls of a flow take, and what is refused. */
import { takeData, takeFloats } from './callerArrays.ts';
import type { Rows } from './callerArrays.ts';
import { ModelFileError, ShapeError } from './errors.ts';
import { parseSpec } from './io/specSchema.ts';
import type { FlowSpec } from './spec.ts';
import { DEVICE, FLOATS, FUNCTION, integer, NOT_NEGATIVE, oneOf, SEED, SIGNAL } from './optionRules.ts';
import { requireOptions, TEXT, withMembers } from './optionRules.ts';
import type { OptionRules } from './optionRules.ts';
import { PRECISIONS } from './precision.ts';
import { validateSpec } from './specRules.ts';
import { TUNING_MODES } from './tuning.ts';
import type { TuningOptions } from './tuning.ts';

/** `tuning: 'fixed'` leaves out the timed search for the fastest kernels, so that equal calls have equal bits. */
export interface FlowOptions extends TuningOptions {
  /** The device to run on; the caller keeps it. Without it `navigator.gpu` gives one that dies with the flow. */
  device?: GPUDevice;
  /** Seed of the initial parameters, a non-negative integer. Default 0. */
  seed?: number;
  /**
   * Rows [N, D] that a `standardize`, its offset and the scale of a `domain` are taken from at once; else the first `fit` sets
   * them.
   */
  data?: Rows;
}

export interface LoadOptions extends TuningOptions {
  /** As for `create`. */
  device?: GPUDevice;
  /** Used in messages only. */
  fileName?: string;
}

/** What every call takes. */
export interface RunOptions {
  /**
   * Of a flow with a context: that of each row, row-major [B, C], or one row [C] for all of them.
   * `encodeContext` makes it from labels and numbers.
   */
  context?: Float32Array;
  /** Stops between chunks of rows; the call throws the signal's reason. */
  signal?: AbortSignal;
}

export interface SampleOptions extends RunOptions {
  /** Row r of the result depends on (seed, r) alone. Default 0. */
  seed?: number;
  /**
   * Factor of the latent's spread, the standard deviation of a standard normal; below 1 keeps samples near the modes. Of a
   * mixture it acts on each component; a uniform box it shrinks, and never widens. Default 1.
   */
  temperature?: number;
  /** Index of the first row: a large sample can be drawn in pieces. Default 0. */
  firstRow?: number;
}

const TUNING_RULES: OptionRules<keyof TuningOptions> = {
  tuning: oneOf(TUNING_MODES),
  precision: oneOf(PRECISIONS),
  tuningCache: withMembers('an object with get and set', { get: 'function', set: 'function' }),
  onTuning: FUNCTION,
};

export const FLOW_RULES: OptionRules<keyof FlowOptions> = {
  ...TUNING_RULES,
  device: DEVICE,
  seed: SEED,
  data: FLOATS,
};

export const LOAD_RULES: OptionRules<keyof LoadOptions> = { ...TUNING_RULES, device: DEVICE, fileName: TEXT };

export const RUN_RULES: OptionRules<keyof RunOptions> = { context: FLOATS, signal: SIGNAL };

const SAMPLE_RULES: OptionRules<keyof SampleOptions> = {
  ...RUN_RULES,
  seed: SEED,
  temperature: NOT_NEGATIVE,
  firstRow: integer(0),
};

/** A copy of a spec that was made by code rather than read from a file. @throws {ShapeError} as `Flow.create` */
export function checkedSpec(spec: FlowSpec): FlowSpec {
  try {
    validateSpec(spec);
  } catch (error) {
    // It has not even the fields of a spec; the schema names the first that is missing.
    if (!(error instanceof TypeError)) throw error;
  }
  try {
    return parseSpec(spec, 'spec');
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new ShapeError('spec', 'a value outside the schema', 'a FlowSpec', error.message);
  }
}

/** Row-major rows [count, D] that belong to a call alone: nothing changes them while it runs. */
export interface TakenRows {
  values: Rows;
  count: number;
}

/** The latent rows of `dim` features that a caller gives, as they are now. @throws {ShapeError} when they are not whole */
export function takeLatentRows(name: string, given: Rows, dim: number): TakenRows {
  return wholeRows(name, takeFloats(name, given), dim);
}

/** As `takeLatentRows`, of data, which may be float64. */
export function takeDataRows(name: string, given: Rows, dim: number): TakenRows {
  return wholeRows(name, takeData(name, given), dim);
}

function wholeRows(name: string, values: Rows, dim: number): TakenRows {
  if (values.length % dim === 0) return { values, count: values.length / dim };
  throw new ShapeError(
    name,
    `${values.length} values`,
    `a multiple of dim = ${dim}`,
    'Rows are row-major [B, D].',
  );
}

/** Values of one array: 4 GiB. */
const MAX_VALUES = 2 ** 30;

/** @throws {ShapeError} when the number of rows or an option is out of range */
export function requireSample(call: string, n: number, options: SampleOptions, dim: number): void {
  if (!Number.isSafeInteger(n) || n < 0) throw new ShapeError('n', String(n), 'a non-negative integer');
  const most = Math.floor(MAX_VALUES / dim);
  if (n > most) {
    const advice = 'Draw the rows in pieces: firstRow says where each one begins.';
    throw new ShapeError('n', String(n), `at most ${most} rows of ${dim} features in one array`, advice);
  }
  requireOptions(call, options, SAMPLE_RULES);
}
