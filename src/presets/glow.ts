/** Glow for vectors: each coupling after a normalisation and a learned mixture of all features. */
import type { Preset } from './preset.ts';
import { tableSize } from './tableSize.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { domainMap } from './domainMap.ts';
import { netActivation } from './netActivation.ts';
import { oneFeature } from './oneFeature.ts';
import { netShape, requirePreset } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';
import { boundedScale, HEAVY_TAILS } from './robust.ts';
import { whitening } from './whitening.ts';

/**
 * Standardisation, then `couplings` times (default 12) an actnorm, an invertible linear map and an affine coupling. The
 * log-scales are bounded over the whole stack, and the base has heavy tails. A fresh flow only standardises and
 * permutes until the first batch initialises the actnorms. With one feature it is `oneFeature`.
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export function glow(dim: number, options: PresetOptions = {}): FlowSpec {
  requirePreset('glow', dim, options);
  if (dim === 1) return oneFeature(options);
  const { couplings = 12, contextDim = 0, ...net } = options;
  const step = (index: number): BijectorSpec[] => [
    { type: 'actnorm' },
    { type: 'invertible_linear' },
    {
      type: 'affine_coupling',
      split: Math.floor(dim / 2),
      flip: index % 2 === 1,
      scale: boundedScale(couplings),
      conditioner: {
        ...netShape(net, [32, 32]),
        activation: netActivation(dim),
        separate: false,
        init: 'zero_last',
      },
    },
  ];
  return {
    version: 1,
    dim,
    contextDim,
    base: options.base ?? HEAVY_TAILS,
    bijectors: [
      ...domainMap(dim, options.domain),
      { type: 'standardize' },
      ...whitening(dim),
      ...Array.from({ length: couplings }, (_, index) => step(index)).flat(),
    ],
  };
}

export const glowPreset = {
  name: 'glow',
  title: 'Glow',
  summary: 'Glow for vectors: each coupling after a normalisation and a learned mixture of all features',
  words: 'Each layer first mixes all coordinates by a learned matrix.',
  spec: glow,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
