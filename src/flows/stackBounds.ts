/** Bounds of the couplings of a preset, chosen so that the whole stack is bounded, not only each coupling. */
import type { ScaleMap } from '../spec.ts';

/** What the log-scales of the couplings that transform a feature add up to at most, in absolute value. */
const STACK_LOG_SCALE = 6;

/** What their shifts add up to at most, in standard deviations of the data. */
const STACK_SHIFT = 9;

/** Bound of the log-scale of one coupling, in a stack of few. */
const MAX_LOG_SCALE = 3;

export interface StackBounds {
  scale: ScaleMap & { map: 'tanh' };
  shiftBound: number;
}

/** Bounds of each of `couplings` couplings whose roles swap from one to the next. */
export function stackBounds(couplings: number): StackBounds {
  // Those that transform one feature.
  const share = Math.max(1, Math.ceil(couplings / 2));
  return {
    scale: { map: 'tanh', bound: Math.min(MAX_LOG_SCALE, STACK_LOG_SCALE / share) },
    shiftBound: STACK_SHIFT / share,
  };
}

/** Bounds of a lone coupling whose shift comes after its scale, and so grows with it. */
export function loneBounds(): StackBounds {
  return {
    scale: { map: 'tanh', bound: MAX_LOG_SCALE },
    shiftBound: STACK_SHIFT * Math.round(Math.exp(MAX_LOG_SCALE)),
  };
}
