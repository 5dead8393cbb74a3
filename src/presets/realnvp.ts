/** A Real NVP that trains without tuning: bounded scales, shared nets, standardised data. */
import type { Preset } from './preset.ts';
import { tableSize } from './tableSize.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { domainMap } from './domainMap.ts';
import { netActivation } from './netActivation.ts';
import { oneFeature } from './oneFeature.ts';
import { netShape, requirePreset } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';
import { boundedScale, HEAVY_TAILS } from './robust.ts';
import { whitening } from './whitening.ts';

/**
 * Standardisation, then `couplings` affine couplings (default 12) with roles that swap from one to the next.
 * The log-scales are bounded over the whole stack, one net computes scale and shift, and the base has heavy
 * tails. A fresh flow only standardises. With one feature it is `oneFeature`.
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export function realnvp(dim: number, options: PresetOptions = {}): FlowSpec {
  requirePreset('realnvp', dim, options);
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
        type: 'affine_coupling' as const,
        split: Math.floor(dim / 2),
        flip: index % 2 === 1,
        scale: boundedScale(couplings),
        conditioner: {
          ...netShape(net, [32, 32]),
          activation: netActivation(dim),
          separate: false,
          init: 'zero_last' as const,
        },
      })),
    ],
  };
}

export const realnvpPreset = {
  name: 'realnvp',
  title: 'Real NVP',
  summary: 'Real NVP that needs no tuning: bounded scales, shared nets, standardised data',
  words: 'Each layer scales and shifts half of the coordinates. Trains well as it is.',
  spec: realnvp,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
