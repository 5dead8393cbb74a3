/** What the units of a preset's nets do. */
import type { Activation } from '../model/activation.ts';

/**
 * Where nets see several features, bounded units: a row far from all others, as tables of real data have them, can move
 * the features behind it only so far. Piecewise linear ones would carry it on and on, from coupling to coupling. In the
 * plane they do no such harm, and fit its shapes better.
 */
export function netActivation(dim: number): Activation {
  return dim <= 2 ? 'leaky_relu' : 'tanh';
}
