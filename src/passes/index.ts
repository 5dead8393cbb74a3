/** The table of passes: the plan, inputs and outputs of each call of a flow. */
import type { FlowModel } from '../spec/layout.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { Plan } from '../plan/plan.ts';
import {
  D_STATE,
  LATENT,
  LOG_DET,
  LOG_PROB,
  NLL,
  STATE,
  TRACE_LOG_DETS,
  TRACE_STATES,
} from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { gradientsPlan, logProbGradientPlan } from './backward.ts';
import { forwardPlan, inversePlan, logProbPlan } from './forward.ts';
import { sampleAndLogProbPlan, samplePlan } from './sample.ts';
import type { SampleRows } from './sample.ts';
import { tracePlan } from './trace.ts';
import type { Direction } from './trace.ts';
import { residentTrainingRows } from './resident.ts';
import { CACHED_BUFFER_BYTES, chunkRowsOf } from './workspace.ts';
import { offsetPlace } from '../spec/offset.ts';

/** The purposes that kernels are chosen for: training steps, scoring and sampling. */
export type TunedPass = 'gradient' | 'forward' | 'inverse';

/** The unit of a result: D numbers per row of data, latent and gradient, otherwise one. Only a log-density may be −∞. */
export type Unit = 'data' | 'latent' | 'gradient' | 'logDet' | 'logDensity' | 'loss';

/** The rows of a plan, and how to draw them if the pass does. */
export interface PassRows {
  /** Index of the first row. Default 0. */
  start?: number;
  count: number;
  /** Rows of all chunks together. Default `count`. */
  total?: number;
  /** Default 0. */
  seed?: number;
  /** Default 1. */
  temperature?: number;
}

/** A result: a buffer of the plan with one array in this unit, or several arrays one after another. */
type Given = { readonly buffer: string } & (
  { readonly unit: Unit } | { readonly units: (spec: FlowSpec) => readonly Unit[] }
);

export interface Pass {
  plan: (model: FlowModel, rows: PassRows, variants?: KernelVariants) => Plan;
  /** The initial contents of STATE; the GPU makes `draws`. Every pass also takes the flow's context, if any. */
  readonly takes: 'data' | 'latent' | 'draws';
  /** The results by their API names. */
  readonly gives: Readonly<Record<string, Given>>;
  /** The purpose that a call's kernels are chosen for; `tiled` uses the fixed table's tiled kernels. */
  readonly kernels: TunedPass | 'tiled';
  /** The name of a row's result in messages. */
  readonly what: string;
}

const LOG_DET_OF_ROW = { buffer: LOG_DET, unit: 'logDet' } as const;
const LOG_PROB_OF_ROW = { buffer: LOG_PROB, unit: 'logDensity' } as const;
const DATA_IN_STATE = { buffer: STATE, unit: 'data' } as const;

export const PASSES = {
  forward: {
    plan: ofRows(forwardPlan),
    takes: 'data',
    gives: { z: { buffer: STATE, unit: 'latent' }, logDet: LOG_DET_OF_ROW },
    kernels: 'forward',
    what: 'latent or log-det',
  },
  inverse: {
    plan: ofRows(inversePlan),
    takes: 'latent',
    gives: { x: DATA_IN_STATE, logDet: LOG_DET_OF_ROW },
    kernels: 'inverse',
    what: 'data or log-det',
  },
  logProb: {
    plan: ofRows(logProbPlan),
    takes: 'data',
    gives: { logProb: LOG_PROB_OF_ROW },
    kernels: 'forward',
    what: 'log-density',
  },
  sample: {
    plan: ofDraws(samplePlan),
    takes: 'draws',
    gives: { x: DATA_IN_STATE },
    kernels: 'inverse',
    what: 'sample',
  },
  sampleAndLogProb: {
    plan: ofDraws(sampleAndLogProbPlan),
    takes: 'draws',
    gives: { x: DATA_IN_STATE, logProb: LOG_PROB_OF_ROW, z: { buffer: LATENT, unit: 'latent' } },
    kernels: 'inverse',
    what: 'sample or log-density',
  },
  /** Adds the gradients of the mean loss over all rows to GRADIENTS. */
  gradients: {
    plan: (model, { count, total = count }, variants) => gradientsPlan(model, count, total, variants),
    takes: 'data',
    gives: { nll: { buffer: NLL, unit: 'loss' } },
    kernels: 'gradient',
    what: 'NLL',
  },
  /** The gradient is that of −log p with respect to x: see `turnToScores`. */
  logProbGradient: {
    plan: ofRows(logProbGradientPlan),
    takes: 'data',
    gives: { logProb: LOG_PROB_OF_ROW, gradient: { buffer: D_STATE, unit: 'gradient' } },
    kernels: 'tiled',
    what: 'log-density or gradient',
  },
  trace: tracePass('forward'),
  inverseTrace: tracePass('inverse'),
} as const satisfies Record<string, Pass>;

export type PassName = keyof typeof PASSES;

export const TRACES = { forward: 'trace', inverse: 'inverseTrace' } as const satisfies Record<
  Direction,
  PassName
>;

/** The pass that is timed to choose kernels, because its work depends on the choice. */
export const TIMED = {
  gradient: 'gradients',
  forward: 'logProb',
  inverse: 'inverse',
} as const satisfies Record<TunedPass, PassName>;

type Gives<K extends PassName> = (typeof PASSES)[K]['gives'];

/** The results of a pass by name; results of a unit have the type `Values[unit]`. */
export type PassResults<K extends PassName, Values extends Record<Unit, unknown>> = {
  -readonly [N in keyof Gives<K>]: Gives<K>[N] extends { unit: infer U extends Unit }
    ? Values[U]
    : Gives<K>[N] extends { units: (spec: FlowSpec) => readonly (infer U extends Unit)[] }
      ? Values[U][]
      : never;
};

/** One array of the results: [features, rows] at `place` in a buffer of the plan. */
export interface ResultPart {
  buffer: string;
  place: number;
  features: number;
  unit: Unit;
}

/** The results of a pass; `valuesOf` makes each array. */
export function resultsOf<K extends PassName, Values extends Record<Unit, unknown>>(
  pass: K,
  spec: FlowSpec,
  valuesOf: (part: ResultPart) => Values[Unit],
): PassResults<K, Values> {
  const results = Object.entries(givesOf(pass)).map(([name, given]) => {
    const values = partsOf(given, spec).map(valuesOf);
    return [name, 'unit' in given ? values[0] : values] as const;
  });
  return Object.fromEntries(results) as PassResults<K, Values>;
}

export function givesOf(pass: PassName): Pass['gives'] {
  return PASSES[pass].gives;
}

/** Turns gradients [B, D] of −log p into ∂log p/∂x, in place; 0 for a row whose log-density is −∞. */
export function turnToScores(gradient: Float32Array | Float64Array, logProb: ArrayLike<number>): void {
  const dim = gradient.length / logProb.length;
  gradient.forEach((value, i) => {
    // 0 − 0 is 0, and not −0.
    gradient[i] = logProb[Math.floor(i / dim)] === -Infinity ? 0 : 0 - value;
  });
}

/**
 * The most rows that the pass processes at once. On a software adapter there are fewer, unless they share a sum: its bits
 * depend only on the model.
 */
export function chunkRowsFor(model: FlowModel, pass: PassName, isSoftware = false): number {
  const widths = Object.values(givesOf(pass)).map((given) =>
    partsOf(given, model.spec).reduce((sum, { features }) => sum + features, 0),
  );
  const widest = Math.max(...widths);
  if (PASSES[pass].kernels === 'gradient') {
    return Math.min(chunkRowsOf(model, widest), residentTrainingRows(model));
  }
  return chunkRowsOf(model, widest, isSoftware ? CACHED_BUFFER_BYTES : undefined);
}

function partsOf(given: Given, spec: FlowSpec): ResultPart[] {
  const units = 'unit' in given ? [given.unit] : given.units(spec);
  return units.map((unit, place) => {
    const features = ['data', 'latent', 'gradient'].includes(unit) ? spec.dim : 1;
    return { buffer: given.buffer, place, features, unit };
  });
}

function ofRows(plan: (model: FlowModel, count: number, variants?: KernelVariants) => Plan): Pass['plan'] {
  return (model, { count }, variants) => plan(model, count, variants);
}

function ofDraws(
  plan: (model: FlowModel, rows: SampleRows, variants?: KernelVariants) => Plan,
): Pass['plan'] {
  return (model, { start: rowStart = 0, count: rows, seed = 0, temperature = 1 }, variants) =>
    plan(model, { rowStart, rows, seed, temperature }, variants);
}

/** The rows before and after each bijector: L + 1 states and L log-dets, in the order in which they run. */
function tracePass(direction: Direction) {
  return {
    plan: (model, { count }, variants) => tracePlan(model, count, direction, variants),
    takes: direction === 'forward' ? 'data' : 'latent',
    gives: {
      states: { buffer: TRACE_STATES, units: (spec: FlowSpec) => stateUnits(spec, direction) },
      logDets: {
        buffer: TRACE_LOG_DETS,
        units: ({ bijectors }: FlowSpec) => bijectors.map(() => 'logDet' as const),
      },
    },
    kernels: 'tiled',
    what: 'state or log-det',
  } as const satisfies Pass;
}

/** On the data side of the bijector with the offset, states are data. */
function stateUnits(spec: FlowSpec, direction: Direction): ('data' | 'latent')[] {
  const shifted = offsetPlace(spec);
  const units = Array.from({ length: spec.bijectors.length + 1 }, (_, place) =>
    place <= shifted ? ('data' as const) : ('latent' as const),
  );
  return direction === 'forward' ? units : units.toReversed();
}
