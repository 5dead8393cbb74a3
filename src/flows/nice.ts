/** NICE: couplings that only shift, one learned scale a feature at the end. */
import type { FlowSpec } from '../spec.ts';
import type { FlowOptions } from './vanilla.ts';

/**
 * Standardisation, then `couplings` additive couplings (default 12) whose roles swap from one to the next, then a
 * diagonal scale. Everything before the scale keeps volumes. A fresh flow only standardises. With one feature it is
 * standardisation and the scale.
 * @see Dinh et al. 2014, https://arxiv.org/abs/1410.8516
 */
export function nice(
  dim: number,
  { couplings = 12, hidden = [32, 32], contextDim = 0 }: FlowOptions = {},
): FlowSpec {
  return {
    version: 1,
    dim,
    contextDim,
    base: { type: 'standard_normal' },
    bijectors: [
      { type: 'standardize' },
      ...Array.from({ length: dim === 1 ? 0 : couplings }, (_, index) => ({
        type: 'additive_coupling' as const,
        split: Math.max(1, Math.floor(dim / 2)),
        flip: index % 2 === 1,
        conditioner: {
          hidden: [...hidden],
          activation: 'leaky_relu' as const,
          init: 'zero_last' as const,
        },
      })),
      { type: 'diagonal_scale' },
    ],
  };
}
