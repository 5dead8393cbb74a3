/**
 * z[j] = x[permutation[j]]; the permutation is a stored tensor that is not trained. With `signed`, z[j] =
 * signs[j] · x[permutation[j]], with each sign 1 or −1, and 1 in a fresh flow.
 */
import * as v from 'valibot';
import { permutation as permute } from '../kernels/linear/permutation.ts';
import { fillTensor, firstRepeated, firstUnsound } from '../model/tensors.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_STATE, PARAMETERS, SCRATCH, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { inOrder, shuffled } from '../random.ts';
import { builderOf } from './bijector.ts';
import { INVERTED } from '../kernels/resident/ops.ts';
import { offsetOf } from '../kernels/resident/row_ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import type { Bijector, Layer } from './bijector.ts';

const schema = v.strictObject({
  type: v.literal('permutation'),
  /** The permutation of a fresh flow. */
  init: v.picklist(['reverse', 'random']),
  /** Whether features also change their signs. Default false. */
  signed: v.optional(v.boolean()),
});
/**
 * The spec of `permutation`.
 * @interface
 */
export type PermutationSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  permutation: TensorSlot;
  signs?: TensorSlot;
}

export const permutationRoom: Bijector<PermutationSpec, Tensors> = {
  schema,
  defaults: () => ({ init: 'reverse' }),

  tensors: ({ signed }, { dim }, add) => ({
    permutation: add('permutation', [dim], false),
    signs: signed === true ? add('signs', [dim], false) : undefined,
  }),

  start({ spec, tensors: { permutation, signs } }, parameters, draws) {
    const { length, offset } = permutation;
    const order = spec.init === 'random' ? shuffled(length, draws.permutation) : inOrder(length).toReversed();
    parameters.set(order, offset);
    if (signs !== undefined) fillTensor(parameters, signs, 1);
  },

  unsound({ tensors: { permutation, signs } }, parameters) {
    const repeated = firstRepeated(permutation, parameters);
    if (repeated !== undefined || signs === undefined) return repeated;
    return firstUnsound(signs, parameters, '1 or −1', (value) => Math.abs(value) === 1);
  },

  words: ({ spec }) => (spec.init === 'reverse' ? 'features in reverse order' : 'features in a random order'),
  tuningKey: ({ spec }) => spec.type,
  movesFeatures: true,

  resident: {
    forward(ops, layer) {
      residentMap(ops, layer, false);
      return () => residentMap(ops, layer, true);
    },
    inverse: (ops, layer) => residentMap(ops, layer, true),
  },

  preservesVolume: true,

  forward: (plan, { tensors }, { rows }) => addMap(plan, tensors, rows, STATE, false),
  inverse: (plan, { tensors }, { rows }) => addMap(plan, tensors, rows, STATE, true),

  backward(plan, { tensors }, { rows }) {
    for (const buffer of [STATE, D_STATE]) addMap(plan, tensors, rows, buffer, true);
  },
};

/** z[j] = x[permutation[j]] with a fixed permutation: `reverse`, the default, or `random`. */
export const permutation = builderOf<PermutationSpec>('permutation');

/** Permutes the units of the state, in place. */
function residentMap(
  ops: RowOps,
  { tensors: { permutation: order, signs } }: Layer<PermutationSpec, Tensors>,
  inverse: boolean,
): void {
  const count = order.length;
  ops.scope(() => {
    const from = ops.reserve(count);
    const option = inverse ? INVERTED : 0;
    ops.add(
      { kind: 'copy', to: from, count, from: 0 },
      { kind: 'permute', to: 0, count, from, tensor: order.offset, bias: offsetOf(signs), option },
    );
  });
}

function addMap(plan: PlanBuilder, tensors: Tensors, rows: number, state: string, inverse: boolean): void {
  const scratch = plan.buffer(SCRATCH, tensors.permutation.length * rows);
  plan.add(permute({ inverse, rows, ...tensors, parameters: PARAMETERS, state, scratch }));
}
