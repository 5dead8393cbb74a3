import type { InvertibleLinearSpec } from '../bijectors/index.ts';

/** Features beyond which a matrix of them is no small part of the flow. */
const MAX_DIM = 128;

/**
 * With more than two features, the linear map that makes a fresh flow the Gaussian of its data: of a small table a
 * Gaussian is hard to beat, and training goes on from it. In the plane couplings find it within a few steps.
 */
export function whitening(dim: number): InvertibleLinearSpec[] {
  return dim > 2 && dim <= MAX_DIM ? [{ type: 'invertible_linear', init: 'whiten' }] : [];
}
