/** The activation of a preset's nets. */
import type { Activation } from '../model/activation.ts';

/**
 * Nets with several inputs get bounded units. Tables of real data have outliers, and bounded units limit how
 * far an outlier moves later features. Piecewise linear units would amplify it from coupling to coupling. In
 * the plane they do no such harm, and fit its shapes better.
 */
export function netActivation(dim: number): Activation {
  return dim <= 2 ? 'leaky_relu' : 'tanh';
}
