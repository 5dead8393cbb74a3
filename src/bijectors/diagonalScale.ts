/** z = x ⊙ exp(log_scale), a learned scale for each feature: the last bijector of NICE. */
import * as v from 'valibot';
import { builderOf } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { diagonalMap } from './diagonalMap.ts';
import type { DiagonalTensors } from './diagonalMap.ts';

const schema = v.strictObject({ type: v.literal('diagonal_scale') });
/**
 * The spec of `diagonalScale`.
 * @interface
 */
export type DiagonalScaleSpec = v.InferOutput<typeof schema>;

export const diagonalScaleRoom: Bijector<DiagonalScaleSpec, DiagonalTensors> = {
  schema,
  defaults: () => ({}),
  tensors: (_, { dim }, add) => ({ logScale: add('log_scale', [dim], true) }),
  words: () => 'x exp(log_scale)',
  tuningKey: ({ spec }) => spec.type,
  ...diagonalMap,
};

/**
 * z = x ⊙ exp(log_scale), a learned scale for each feature.
 * @see Dinh et al. 2014, https://arxiv.org/abs/1410.8516
 */
export const diagonalScale = builderOf<DiagonalScaleSpec>('diagonal_scale');
