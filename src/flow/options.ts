/** The options and results of a flow's calls, and checks of the options. */
import type { GivenRows, NumberRows, Rows } from '../calls/callerArrays.ts';
import { ShapeError } from '../errors.ts';
import { checkedSpec } from '../spec/schema.ts';
import type { FlowSpec } from '../spec/spec.ts';
import {
  DEVICE,
  FLAG,
  FLOATS,
  FUNCTION,
  integer,
  NOT_NEGATIVE,
  oneOf,
  SEED,
  SIGNAL,
  requireOptions,
  TEXT,
  withMembers,
} from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import type { ImageShape } from '../model/image.ts';
import type { ImagePreset, ImagePresetOptions } from '../presets/imagePreset.ts';
import type { Preset } from '../presets/preset.ts';
import type { PresetOptions } from '../presets/presetOptions.ts';
import { DIRECTIONS } from '../passes/trace.ts';
import type { Direction } from '../passes/trace.ts';
import { PRECISIONS } from '../plan/precision.ts';
import { TUNING_MODES } from './tuningOptions.ts';
import type { TuningOptions } from './tuningOptions.ts';
import { RUN_RULES } from '../calls/rows.ts';
import type { RunOptions } from '../calls/rows.ts';

/** `tuning: 'fixed'` skips the timed search for the fastest kernels, so that equal calls give equal bits. */
export interface FlowOptions extends TuningOptions {
  /** The device to run on; the caller keeps it. By default `navigator.gpu` opens one that is freed with the flow. */
  device?: GPUDevice;
  /** Seed of the initial parameters, a non-negative integer. Default 0. */
  seed?: number;
  /**
   * Rows [N, D] that set the mean, std and offset of a `standardize` and the scale of a `domain` at once; by
   * default the first `fit` sets them.
   */
  data?: GivenRows;
  /** Stops between the parts of the work; the call throws the signal's reason. */
  signal?: AbortSignal;
}

/** Options of a flow that is created from a preset. */
export interface PresetFlowOptions extends FlowOptions, PresetOptions {
  /** Number of features D. */
  dim: number;
}

/** Options of a flow of images that is created from a preset. */
export interface ImageFlowOptions extends FlowOptions, ImagePresetOptions {
  /** The shape [C, H, W] of the images. */
  image: ImageShape;
}

/** Options of `clone`; the others are those of the flow itself. */
export interface CloneOptions extends TuningOptions {
  /** The device to run on; the caller keeps it. By default that of the flow. */
  device?: GPUDevice;
  /** Stops between the parts of the work; the call throws the signal's reason. */
  signal?: AbortSignal;
}

export interface LoadOptions extends CloneOptions {
  /** Like for `create`. By default `navigator.gpu` opens one that is freed with the flow. */
  device?: GPUDevice;
  /** Used in messages only. By default the address of a response, else `model`. */
  fileName?: string;
}

export interface SampleOptions extends RunOptions {
  /** Row r of the result depends only on (seed, r). Default 0. */
  seed?: number;
  /**
   * Factor of the latent's spread; for a standard normal, its standard deviation. Below 1, samples stay near the modes.
   * It scales each component of a mixture; it shrinks a uniform box and never widens it. Default 1.
   */
  temperature?: number;
  /** Index of the first row: a large sample can be drawn in pieces. Default 0. */
  firstRow?: number;
}

/** Options of `logProb`; the last three are for rows with cells that are intervals. */
export interface LogProbOptions extends RunOptions {
  /** The width of each value of the rows [B, D]: see `Cells`. The result is then a log-mass for such cells. By default all are 0. */
  widths?: Float32Array | NumberRows;
  /** Points drawn from each row of cells. Default 16. */
  draws?: number;
  /** Seed of these points; the points of row i depend only on (seed, firstRow + i). Default 0. */
  seed?: number;
  /** Index of the first row, if the rows are scored in pieces. Default 0. */
  firstRow?: number;
}

export interface TraceOptions extends RunOptions {
  /** `forward` (the default) maps data to the latent, `inverse` maps the latent to data. */
  direction?: Direction;
}

/** Rows on their way through a flow with L bijectors, in the order in which they run. */
export interface FlowTrace {
  /**
   * L + 1 times [B, D]: the input rows, then the output of each bijector. Rows of data are float64 if the
   * flow has an offset; all others are float32.
   */
  states: Rows[];
  /** L times [B]: the log-det of each bijector alone, in the direction that was run, in nats. */
  logDets: Float32Array[];
}

const TUNING_RULES: OptionRules<keyof TuningOptions> = {
  tuning: oneOf(TUNING_MODES),
  precision: oneOf(PRECISIONS),
  tuningCache: withMembers('an object with get and set', { get: 'function', set: 'function' }),
  onTuning: FUNCTION,
};

const FLOW_RULES: OptionRules<keyof FlowOptions> = {
  ...TUNING_RULES,
  device: DEVICE,
  seed: SEED,
  data: FLOATS,
  signal: SIGNAL,
};

export const CLONE_RULES: OptionRules<keyof CloneOptions> = {
  ...TUNING_RULES,
  device: DEVICE,
  signal: SIGNAL,
};

export const LOAD_RULES: OptionRules<keyof LoadOptions> = { ...CLONE_RULES, fileName: TEXT };

/** Options of calls that only wait. */
export interface WaitOptions {
  /** Stops before the next part of the work; the call throws the signal's reason. */
  signal?: AbortSignal;
}

export const WAIT_RULES: OptionRules<keyof WaitOptions> = { signal: SIGNAL };

export interface SaveOptions extends WaitOptions {
  /** Whether to add the optimiser's state. Default false. */
  checkpoint?: boolean;
}

export const SAVE_RULES: OptionRules<keyof SaveOptions> = { ...WAIT_RULES, checkpoint: FLAG };

export const LOG_PROB_RULES: OptionRules<keyof LogProbOptions> = {
  ...RUN_RULES,
  widths: FLOATS,
  draws: integer(1),
  seed: SEED,
  firstRow: integer(0),
};

export const TRACE_RULES: OptionRules<keyof TraceOptions> = { ...RUN_RULES, direction: oneOf(DIRECTIONS) };

const SAMPLE_RULES: OptionRules<keyof SampleOptions> = {
  ...RUN_RULES,
  seed: SEED,
  temperature: NOT_NEGATIVE,
  firstRow: integer(0),
};

/**
 * Splits the arguments of `create` into a checked spec, the flow's options, and the preset if one was given.
 * @throws {ShapeError} when the spec, the preset's options or the flow's are out of range
 */
export function openingOf(
  given: FlowSpec | Preset | ImagePreset,
  options: FlowOptions | PresetFlowOptions | ImageFlowOptions,
): { spec: FlowSpec; options: FlowOptions; preset: Omit<Preset, 'spec'> | undefined } {
  if (!isPreset(given)) {
    if (typeof given === 'string') {
      throw new ShapeError(
        'spec',
        JSON.stringify(given),
        'a spec or a preset',
        'Use spline(2), or PRESETS.spline with { dim: 2 }.',
      );
    }
    requireOptions('create', options, FLOW_RULES);
    return { spec: checkedSpec(given), options, preset: undefined };
  }
  const { dim, image, ...rest } = options as Partial<PresetFlowOptions & ImageFlowOptions>;
  const entries = Object.entries(rest);
  const isOfFlow = ([name]: [string, unknown]): boolean => Object.hasOwn(FLOW_RULES, name);
  const own: FlowOptions = Object.fromEntries(entries.filter(isOfFlow));
  requireOptions('create', own, FLOW_RULES);
  const others = Object.fromEntries(entries.filter((entry) => !isOfFlow(entry)));
  // An untyped caller may omit either; the preset says so.
  const spec =
    'imageSpec' in given ? given.imageSpec(image as ImageShape, others) : given.spec(dim as number, others);
  return { spec: checkedSpec(spec), options: own, preset: given };
}

function isPreset(given: FlowSpec | Preset | ImagePreset): given is Preset | ImagePreset {
  // An untyped caller may give anything.
  return 'spec' in Object(given) || 'imageSpec' in Object(given);
}

/** The most values in an array: 4 GiB. */
const MAX_VALUES = 2 ** 30;

/** @throws {ShapeError} when n is no number of rows */
export function requireRowCount(n: number): void {
  if (!Number.isSafeInteger(n) || n < 0) throw new ShapeError('n', String(n), 'a non-negative integer');
}

/** @throws {ShapeError} when the number of rows or an option is out of range */
export function requireSample(call: string, n: number, options: SampleOptions, dim: number): void {
  requireRowCount(n);
  const most = Math.floor(MAX_VALUES / dim);
  if (n > most) {
    const advice = 'Draw the rows in pieces: firstRow says where each one begins.';
    throw new ShapeError('n', String(n), `at most ${most} rows of ${dim} features in one array`, advice);
  }
  requireOptions(call, options, SAMPLE_RULES);
}
