/** NICE: couplings that only shift, and one learned scale per feature at the end. */
import type { Preset } from './preset.ts';
import { tableSize } from './tableSize.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { domainMap } from './domainMap.ts';
import { netActivation } from './netActivation.ts';
import { oneFeature } from './oneFeature.ts';
import { netShape, requirePreset } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';
import { HEAVY_TAILS } from './robust.ts';
import { whitening } from './whitening.ts';

/**
 * Standardisation, then `couplings` additive couplings (default 12) with roles that swap from one to the
 * next, then a diagonal scale. The base has heavy tails. Everything before the scale preserves volume. With
 * one feature it is `oneFeature`. The nets do not start at zero: if the mean of one feature does not depend
 * on the other, as in symmetrical data, zero shifts have zero gradients.
 * @see Dinh et al. 2014, https://arxiv.org/abs/1410.8516
 */
export function nice(dim: number, options: PresetOptions = {}): FlowSpec {
  requirePreset('nice', dim, options);
  if (dim === 1) return oneFeature(options);
  const { couplings = 12, contextDim = 0, ...net } = options;
  return {
    version: 1,
    dim,
    contextDim,
    base: options.base ?? HEAVY_TAILS,
    bijectors: [
      ...domainMap(dim, options.domain),
      { type: 'standardize' },
      ...whitening(dim),
      ...Array.from({ length: couplings }, (_, index) => ({
        type: 'additive_coupling' as const,
        split: Math.floor(dim / 2),
        flip: index % 2 === 1,
        conditioner: {
          ...netShape(net, [32, 32]),
          activation: netActivation(dim),
          init: 'torch_linear' as const,
        },
      })),
      { type: 'diagonal_scale' },
    ],
  };
}

export const nicePreset = {
  name: 'nice',
  title: 'NICE',
  summary:
    'NICE: couplings that only shift, and one scale a feature; keeps volumes, so it is the least flexible',
  words: 'Each layer only shifts, so no layer changes a volume: the least flexible.',
  spec: nice,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
