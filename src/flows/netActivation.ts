/** What the units of a preset's nets do. */
import type { Activation } from '../spec.ts';

/**
 * Bounded units if nets see several features: they change little for a row that is far from all others. In the plane,
 * piecewise linear ones fit better and run faster; `stackBounds` limits what they do to such a row.
 */
export function netActivation(dim: number): Activation {
  return dim <= 2 ? 'leaky_relu' : 'tanh';
}
