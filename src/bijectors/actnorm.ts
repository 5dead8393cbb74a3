/** Glow's activation normalisation, z = (x + bias) ⊙ exp(log_scale); the first training batch initialises it. */
import * as v from 'valibot';
import { actnormStart } from '../kernels/elementwise/actnorm_start.ts';
import { firstUnsound } from '../model/tensors.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { PARAMETERS, STATE } from '../plan/names.ts';
import { builderOf } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { diagonalMap } from './diagonalMap.ts';
import type { DiagonalTensors } from './diagonalMap.ts';

const schema = v.strictObject({ type: v.literal('actnorm') });
/**
 * The spec of `actnorm`.
 * @interface
 */
export type ActnormSpec = v.InferOutput<typeof schema>;

export interface Tensors extends DiagonalTensors {
  bias: TensorSlot;
  initialised: TensorSlot;
}

export const actnormRoom: Bijector<ActnormSpec, Tensors> = {
  schema,
  defaults: () => ({}),

  tensors: (_, { dim }, add) => ({
    bias: add('bias', [dim], true),
    logScale: add('log_scale', [dim], true),
    initialised: add('initialised', [1], false),
  }),

  startFromBatch: {
    add: (plan, { tensors }, { rows, validRows }) =>
      plan.add(actnormStart({ rows, validRows, ...tensors, state: STATE, parameters: PARAMETERS })),
    flag: ({ tensors }) => tensors.initialised,
  },

  unsound: ({ tensors }, parameters) =>
    firstUnsound(tensors.initialised, parameters, '0 or 1', (value) => value === 0 || value === 1),

  stackScale: ({ tensors }) => tensors.bias,

  words: () => '(x + bias) exp(log_scale)',
  tuningKey: ({ spec }) => spec.type,
  ...diagonalMap,
};

/**
 * Glow's activation normalisation: z = (x + bias) ⊙ exp(log_scale); the first batch sets both.
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export const actnorm = builderOf<ActnormSpec>('actnorm');
