import type { InvertibleLinearSpec } from '../bijectors/index.ts';

/** Above this many features, the matrix would dominate the flow's size. */
const MAX_DIM = 128;

/**
 * With more than two features, the linear map that makes a fresh flow the Gaussian of its data. On a small table a
 * Gaussian is hard to beat, and training continues from it. In the plane, couplings find it within a few steps.
 */
export function whitening(dim: number): InvertibleLinearSpec[] {
  return dim > 2 && dim <= MAX_DIM ? [{ type: 'invertible_linear', init: 'whiten' }] : [];
}
