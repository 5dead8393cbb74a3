/** A Real NVP that trains without tuning: bounded scales, shared nets, standardised data. */
import type { FlowSpec } from '../spec/spec.ts';
import type { Preset } from './preset.ts';
import type { PresetOptions } from './presetOptions.ts';
import { boundedScale, HEAVY_TAILS } from './robust.ts';
import { tableFlow } from './tableFlow.ts';
import type { TableFamily } from './tableFlow.ts';
import { tableSize } from './tableSize.ts';

/**
 * Standardisation, then `couplings` affine couplings (default 12) with roles that swap from one to the next.
 * The log-scales are bounded over the whole stack, one net computes scale and shift, and the base has heavy
 * tails. A fresh flow only standardises. With one feature it is `oneFeature`.
 * @throws {ShapeError} when `dim` or an option is out of range
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export function realnvp(dim: number, options: PresetOptions = {}): FlowSpec {
  return tableFlow(REALNVP, dim, options);
}

const REALNVP: TableFamily = {
  name: 'realnvp',
  couplings: 12,
  base: HEAVY_TAILS,
  coupling: ({ half, net, couplings }) => [
    {
      type: 'affine_coupling',
      ...half,
      scale: boundedScale(couplings),
      conditioner: { ...net, separate: false, init: 'zero_last' },
    },
  ],
};

export const realnvpPreset = {
  name: 'realnvp',
  title: 'Real NVP',
  summary: 'Real NVP that needs no tuning: bounded scales, shared nets, standardised data',
  words: 'Each layer scales and shifts half of the coordinates. Trains well as it is.',
  spec: realnvp,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
