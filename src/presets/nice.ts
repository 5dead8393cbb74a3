/** NICE: couplings that only shift, and one learned scale per feature at the end. */
import type { FlowSpec } from '../spec/spec.ts';
import type { Preset } from './preset.ts';
import type { PresetOptions } from './presetOptions.ts';
import { HEAVY_TAILS } from './robust.ts';
import { tableFlow } from './tableFlow.ts';
import type { TableFamily } from './tableFlow.ts';
import { tableSize } from './tableSize.ts';

/**
 * Standardisation, then `couplings` additive couplings (default 12) with roles that swap from one to the
 * next, then a diagonal scale. The base has heavy tails. Everything before the scale preserves volume. With
 * one feature it is `oneFeature`. The nets do not start at zero: if the mean of one feature does not depend
 * on the other, as in symmetrical data, zero shifts have zero gradients.
 * @throws {ShapeError} when `dim` or an option is out of range
 * @see Dinh et al. 2014, https://arxiv.org/abs/1410.8516
 */
export function nice(dim: number, options: PresetOptions = {}): FlowSpec {
  return tableFlow(NICE, dim, options);
}

const NICE: TableFamily = {
  name: 'nice',
  couplings: 12,
  base: HEAVY_TAILS,
  coupling: ({ half, net }) => [
    { type: 'additive_coupling', ...half, conditioner: { ...net, init: 'torch_linear' } },
  ],
  last: [{ type: 'diagonal_scale' }],
};

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
