/** A learned mean and standard deviation for each feature: a mixture with one component and no weights. */
import * as v from 'valibot';
import type { MixtureSlots } from '../model/tensors.ts';
import type { Base } from './base.ts';
import { mixtureRows } from './mixture.ts';

const schema = v.strictObject({ type: v.literal('diagonal_normal') });
/**
 * The spec of `diagonalNormal`.
 * @interface
 */
export type DiagonalNormalSpec = v.InferOutput<typeof schema>;

export const diagonalNormalRoom: Base<DiagonalNormalSpec, MixtureSlots> = {
  schema,
  defaults: () => ({}),
  option: { name: 'diagonal' },

  tensors: (_, { dim }, add) => ({
    mean: add('mean', [1, dim], true),
    logScale: add('log_scale', [1, dim], true),
  }),

  // The kernel also leaves the gradient of the single weight, which is 0.
  rowGradients: ({ tensors: { mean, logScale } }) => mean.length + logScale.length + 1,
  words: () => 'normal with a learned mean and spread for each feature',
  tuningKey: ({ type }) => type,
  ...mixtureRows,
};

/** The base of independent normals with learned means and standard deviations. */
export const diagonalNormal = (): DiagonalNormalSpec => ({ type: 'diagonal_normal' });
