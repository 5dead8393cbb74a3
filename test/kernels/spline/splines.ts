/** Splines that all rows share, in the middle of the parameters and of the features. */
import type { SharedSplines } from '../../../src/kernels/spline/rational_quadratic_bins.ts';
import type { RationalQuadraticBinsArguments } from '../../../src/kernels/spline/rational_quadratic_bins.ts';
import { ramp } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

export const BEFORE = 5;

export function sharedSplines(features: number, bins: number, start = 0): RationalQuadraticBinsArguments {
  return {
    block: { start, count: features },
    bins,
    bound: 3,
    tensor: tensorSlot('raw', [features, 3 * bins - 1], BEFORE),
    parameters: 'parameters',
    table: 'table',
  };
}

/** Parameters with raw numbers up to `scale`. */
export function rawParameters({ block, bins }: SharedSplines, scale = 1): Float32Array {
  const raw = ramp(block.count * (3 * bins - 1), scale);
  return Float32Array.from({ length: BEFORE + raw.length }, (_, i) => (i < BEFORE ? NaN : raw[i - BEFORE]!));
}
