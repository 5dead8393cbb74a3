/** Couplings with monotone splines: the most flexible family. */
import type { Preset } from './preset.ts';
import { tableSize } from './tableSize.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { domainMap } from './domainMap.ts';
import { oneFeature } from './oneFeature.ts';
import { netShape, requirePreset } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';
import { whitening } from './whitening.ts';

/**
 * Standardisation, then `couplings` rational-quadratic spline couplings (default 6) with roles that swap from
 * one to the next. Each has 8 bins on [−3, 3] and the identity outside. A fresh flow only standardises. With
 * one feature it is `oneFeature`.
 * @see Durkan et al. 2019, https://arxiv.org/abs/1906.04032
 */
export function spline(dim: number, options: PresetOptions = {}): FlowSpec {
  requirePreset('spline', dim, options);
  if (dim === 1) return oneFeature(options);
  const { couplings = 6, contextDim = 0, ...net } = options;
  return {
    version: 1,
    dim,
    contextDim,
    base: options.base ?? { type: 'standard_normal' },
    bijectors: [
      ...domainMap(dim, options.domain),
      { type: 'standardize' },
      ...whitening(dim),
      ...Array.from({ length: couplings }, (_, index) => ({
        type: 'rational_quadratic_coupling' as const,
        split: Math.floor(dim / 2),
        flip: index % 2 === 1,
        bins: 8,
        bound: 3,
        conditioner: {
          ...netShape(net, [32, 32]),
          activation: 'leaky_relu' as const,
          init: 'zero_last' as const,
        },
      })),
    ],
  };
}

export const splinePreset = {
  name: 'spline',
  title: 'Neural spline',
  summary: 'couplings by monotone splines: the most flexible',
  words: 'Each layer bends half of the coordinates by a monotone curve: the most flexible.',
  spec: spline,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
