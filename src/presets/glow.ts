/** Glow for vectors: each coupling after a normalisation and a learned mixture of all features, with splines. */
import type { BijectorSpec } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { Preset } from './preset.ts';
import type { PresetOptions } from './presetOptions.ts';
import { boundedScale, HEAVY_TAILS } from './robust.ts';
import { tableFlow } from './tableFlow.ts';
import type { TableFamily } from './tableFlow.ts';
import { tableSize } from './tableSize.ts';

/**
 * Standardisation, then `couplings` times (default 12) an actnorm, an invertible linear map and an affine coupling. With
 * more than two features, monotone splines bend each feature before the whitening, and up to 16 features also after each coupling. The
 * log-scales are bounded over the whole stack, and the base has heavy tails. A fresh flow only standardises, whitens and
 * permutes until the first batch initialises the actnorms. With one feature it is `oneFeature`.
 * @throws {ShapeError} when `dim` or an option is out of range
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export function glow(dim: number, options: PresetOptions = {}): FlowSpec {
  return tableFlow(GLOW, dim, options);
}

/** Above this many features, splines after each coupling took twice the time and gained nothing. */
const MAX_SPLINED = 16;

/** A spline of each feature, without a net. */
const SPLINES: BijectorSpec = { type: 'rational_quadratic_elementwise', bins: 8, bound: 4 };

const GLOW: TableFamily = {
  name: 'glow',
  couplings: 12,
  base: HEAVY_TAILS,
  marginals: [SPLINES],
  coupling: ({ dim, half, net, couplings }) => [
    { type: 'actnorm' },
    { type: 'invertible_linear' },
    {
      type: 'affine_coupling',
      ...half,
      scale: boundedScale(couplings),
      conditioner: { ...net, separate: false, init: 'zero_last' },
    },
    ...(dim > 2 && dim <= MAX_SPLINED ? [SPLINES] : []),
  ],
};

export const glowPreset = {
  name: 'glow',
  title: 'Glow',
  summary: 'Glow for vectors: each coupling after a normalisation and a learned mixture of all features',
  words: 'Each layer first mixes all coordinates by a learned matrix.',
  spec: glow,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
