/** Keeps the log-density of unusual rows within reason. */
import type { BaseSpec } from '../bases/index.ts';
import type { ScaleMap } from '../model/scaleMap.ts';

/**
 * Student's t: its log-density falls with the logarithm of the distance, a normal's with the square. A row
 * that the couplings throw far out then costs tens of nats, not thousands.
 * @see Alexanderson and Henter 2020, https://arxiv.org/abs/2006.06599
 */
export const HEAVY_TAILS: BaseSpec = { type: 'student_t', df: 10, learned: false };

/** The most that all couplings together add to the log-scale of a feature: a factor of 400. */
const STACK_BOUND = 6;
/** The most that one coupling adds. */
const COUPLING_BOUND = 3;

/** The scale map of each of `couplings` affine couplings; each feature is transformed by half of them. */
export function boundedScale(couplings: number): ScaleMap {
  return { map: 'tanh', bound: Math.min(COUPLING_BOUND, STACK_BOUND / Math.ceil(couplings / 2)) };
}
