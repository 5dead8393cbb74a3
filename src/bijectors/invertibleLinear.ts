/**
 * Glow's 1 × 1 convolution for vectors: z = P L (U + diag(exp(log_diagonal))) x. L is unit lower triangular and U
 * strictly upper triangular, both learned. P is a permutation drawn at random for a fresh flow. Needs 2 features.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { firstRepeated } from '../model/tensors.ts';
import type { LinearSlots } from '../model/tensors.ts';
import { inOrder, shuffled } from '../random.ts';
import { builderOf } from './bijector.ts';
import { INVERTED, NONE } from '../kernels/resident/ops.ts';
import type { Bijector, TensorValues } from './bijector.ts';
import { requireTwoFeatures } from './coupling.ts';
import { linearBackward, linearMap, linearTensors } from './linearMap.ts';

const schema = v.strictObject({
  type: v.literal('invertible_linear'),
  /**
   * `whiten`: a fresh flow has the identity, until the training data set L and diag to decorrelate the
   * standardised data. The flow then starts as the Gaussian of its data. Only after a `standardize`,
   * or after a `rational_quadratic_elementwise` that follows one.
   */
  init: v.optional(v.literal('whiten')),
});
/**
 * The spec of `invertibleLinear`.
 * @interface
 */
export type InvertibleLinearSpec = v.InferOutput<typeof schema>;

export const invertibleLinearRoom: Bijector<InvertibleLinearSpec, LinearSlots> = {
  schema,
  defaults: () => ({}),

  check({ init }, { where, previous, flow: { dim } }) {
    requireTwoFeatures(dim, 'An invertible linear map mixes features');
    const before = previous?.bijector;
    const isStandard = before?.standardisation !== undefined || before?.startsAsIdentity === true;
    if (init === undefined || isStandard) return;
    throw new ShapeError(`${where}.init`, init, `${init} only right after a standardize or its splines`);
  },

  tensors: (_, { dim }, add) => linearTensors(dim, add),

  start({ spec, tensors: { permutation } }, parameters, draws) {
    const { length, offset } = permutation;
    parameters.set(spec.init === 'whiten' ? inOrder(length) : shuffled(length, draws.permutation), offset);
  },

  whitens: ({ init }) => init === 'whiten',
  startFromData: ({ spec, tensors }, { whitening }) =>
    spec.init === 'whiten' && whitening !== undefined ? whiteningTensors(tensors, whitening) : [],

  unsound: ({ tensors }, parameters) => firstRepeated(tensors.permutation, parameters),

  words: ({ spec }) =>
    spec.init === 'whiten' ? 'L (U + diag) x, which starts as the whitening of the data' : 'P L (U + diag) x',
  tuningKey: ({ spec }) => spec.type,
  stackLinear: ({ tensors }) => tensors.permutation,
  matrices: ({ tensors }) => [tensors.lower, tensors.upper],
  movesFeatures: true,

  resident: {
    forward(ops, { tensors }) {
      const { lower, upper, logDiagonal, permutation } = tensors;
      const count = logDiagonal.length;
      const slots = (): number => ops.keep(count);
      const [xSlot, innerSlot] = [slots(), slots()];
      ops.scope(() => {
        const [y, w] = [ops.reserve(count), ops.reserve(count)];
        ops.triangle(tensors, 'upper', false, { to: y, from: 0, aux: xSlot });
        ops.triangle(tensors, 'lower', false, { to: w, from: y, aux: innerSlot });
        ops.add(
          { kind: 'permute', to: 0, count, from: w, tensor: permutation.offset, bias: NONE },
          { kind: 'add_tensor', tensor: logDiagonal.offset, count, number: 1 },
        );
      });
      return () => {
        const [dOuterSlot, dInnerSlot, diagonalSlot] = [slots(), slots(), slots()];
        ops.scope(() => {
          const [dOuter, dInner] = [ops.reserve(count), ops.reserve(count)];
          const order = { tensor: permutation.offset, bias: NONE, option: INVERTED };
          ops.add({ kind: 'permute', to: dOuter, count, from: 0, ...order });
          ops.triangle(tensors, 'lower', true, { to: dInner, from: dOuter, aux: dOuterSlot });
          ops.triangle(tensors, 'upper', true, { to: 0, from: dInner, aux: dInnerSlot });
          const factors = { tensor: logDiagonal.offset, slot: diagonalSlot, slope: xSlot };
          ops.add({ kind: 'diagonal_factors', from: dInner, count, ...factors });
        });
        // L maps `inner` and U maps x, so their gradients are matrix products as in a dense layer; half of each is used.
        const square = { outputs: count, inputs: count };
        ops.products.push(
          { ...square, outSlot: dOuterSlot, inSlot: innerSlot, weight: lower.offset, triangle: 'lower' },
          { ...square, outSlot: dInnerSlot, inSlot: xSlot, weight: upper.offset, triangle: 'upper' },
          { outSlot: diagonalSlot, outputs: count, inSlot: 0, inputs: 0, bias: logDiagonal.offset },
        );
        ops.flops += 4 * count * count;
      };
    },

    inverse(ops, { tensors: { lower, upper, logDiagonal, permutation } }) {
      const count = logDiagonal.length;
      const order = { tensor: permutation.offset, bias: NONE, option: INVERTED };
      ops.scope(() => {
        const y = ops.reserve(count);
        ops.add(
          { kind: 'permute', to: y, count, from: 0, ...order },
          { kind: 'solve_lower', to: y, count, tensor: lower.offset },
          { kind: 'copy', to: 0, count, from: y },
          { kind: 'solve_upper', to: 0, count, tensor: upper.offset, bias: logDiagonal.offset },
          { kind: 'add_tensor', tensor: logDiagonal.offset, count, number: -1 },
        );
      });
      ops.flops += 2 * count * count;
    },
  },

  preservesVolume: false,

  forward: (plan, { tensors }, pass) => linearMap(plan, tensors, pass, false),
  inverse: (plan, { tensors }, pass) => linearMap(plan, tensors, pass, true),
  backward: (plan, { tensors }, pass) => linearBackward(plan, tensors, pass),
};

/**
 * A learned invertible matrix, z = P L (U + diag(exp(log_diagonal))) x. Needs 2 features.
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export const invertibleLinear = builderOf<InvertibleLinearSpec>('invertible_linear');

/** Factors W = L diag for a lower triangular W [D, D]. */
function whiteningTensors({ lower, logDiagonal }: LinearSlots, W: Float64Array): TensorValues[] {
  const dim = logDiagonal.length;
  const diagonal = Array.from({ length: dim }, (_, j) => W[j * dim + j] ?? NaN);
  const rows = diagonal.map((_, i) =>
    diagonal.slice(0, i).map((scale, j) => (W[i * dim + j] ?? NaN) / scale),
  );
  return [
    { tensor: lower, values: Float32Array.from(rows.flat()) },
    { tensor: logDiagonal, values: Float32Array.from(diagonal, Math.log) },
  ];
}
