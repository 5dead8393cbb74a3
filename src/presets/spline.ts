/** Couplings with monotone splines: the most flexible family. */
import type { FlowSpec } from '../spec/spec.ts';
import type { Preset } from './preset.ts';
import type { PresetOptions } from './presetOptions.ts';
import { tableFlow } from './tableFlow.ts';
import type { TableFamily } from './tableFlow.ts';
import { tableSize } from './tableSize.ts';

/**
 * Standardisation, then `couplings` rational-quadratic spline couplings (default 6) with roles that swap from
 * one to the next. Each has 8 bins on [−3, 3] and the identity outside. A fresh flow only standardises. With
 * one feature it is `oneFeature`.
 * @throws {ShapeError} when `dim` or an option is out of range
 * @see Durkan et al. 2019, https://arxiv.org/abs/1906.04032
 */
export function spline(dim: number, options: PresetOptions = {}): FlowSpec {
  return tableFlow(SPLINE, dim, options);
}

const SPLINE: TableFamily = {
  name: 'spline',
  couplings: 6,
  base: { type: 'standard_normal' },
  coupling: ({ half, net }) => [
    {
      type: 'rational_quadratic_coupling',
      ...half,
      bins: 8,
      bound: 3,
      conditioner: { ...net, activation: 'leaky_relu', init: 'zero_last' },
    },
  ],
};

export const splinePreset = {
  name: 'spline',
  title: 'Neural spline',
  summary: 'couplings by monotone splines: the most flexible',
  words: 'Each layer bends half of the coordinates by a monotone curve: the most flexible.',
  spec: spline,
  training: { learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1 },
  size: tableSize,
} as const satisfies Preset;
