/**
 * z ~ N(M c, I) with the context c and a learned M [D, C]: a mean for each class if c is one-hot. z − M c has
 * the density N(0, I).
 */
import * as v from 'valibot';
import { classConditionalBackward } from '../kernels/base/class_conditional_backward.ts';
import { classConditionalShift } from '../kernels/base/class_conditional_shift.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { CONTEXT, D_STATE, GRADIENTS, PARAMETERS } from '../plan/names.ts';
import { NONE, signOption } from '../kernels/resident/ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import type { Base, BaseLayer } from './base.ts';
import { standardNormalRows } from './standardNormal.ts';

const schema = v.strictObject({ type: v.literal('class_conditional') });
/**
 * The spec of `classConditional`.
 * @interface
 */
export type ClassConditionalSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  mean: TensorSlot;
}

type ClassLayer = BaseLayer<ClassConditionalSpec, Tensors>;

export const classConditionalRoom: Base<ClassConditionalSpec, Tensors> = {
  schema,
  defaults: () => ({}),
  option: { name: 'class' },
  readsContext: true,
  tensors: (_, { dim, contextDim }, add) => ({ mean: add('mean', [dim, contextDim], true) }),
  words: () => 'normal with a mean from the context',
  tuningKey: ({ type }) => type,
  ...standardNormalRows,

  resident: {
    density: 'normal',

    logProb(ops, layer, { sign }) {
      ops.scope(() => {
        const from = minusMean(ops, layer);
        ops.add({ kind: 'log_density', from, count: layer.dim, option: signOption(sign) });
      });
    },

    lossBackward(ops, layer) {
      const { dim, contextDim, tensors } = layer;
      const outSlot = ops.keep(dim);
      const inSlot = ops.keep(contextDim);
      ops.scope(() => {
        const from = minusMean(ops, layer);
        ops.add(
          { kind: 'log_density_backward', to: 0, from, count: dim, slot: outSlot },
          { kind: 'keep', from: ops.context, count: contextDim, slot: inSlot },
        );
      });
      const weight = tensors.mean.offset;
      ops.products.push({ outSlot, outputs: dim, inSlot, inputs: contextDim, weight });
    },

    sample(ops, layer) {
      ops.add({ kind: 'draw', to: 0, count: layer.dim });
      ops.scope(() => {
        ops.add({ kind: 'shift', to: 0, from: meanUnits(ops, layer), count: layer.dim, number: 1 });
      });
    },
  },

  mean: {
    shift(plan, { dim, contextDim, tensors }, { rows, sign, target }) {
      const context = plan.buffer(CONTEXT, contextDim * rows);
      const counts = { rows, features: dim, contextCount: contextDim };
      plan.add(
        classConditionalShift({
          ...counts,
          ...tensors,
          sign,
          parameters: PARAMETERS,
          context,
          state: target,
        }),
      );
    },

    gradient(plan, { dim, contextDim, tensors }, rows) {
      const counts = { rows, features: dim, contextCount: contextDim };
      const buffers = { dState: D_STATE, context: CONTEXT, gradients: GRADIENTS };
      plan.add(classConditionalBackward({ ...counts, ...tensors, ...buffers }));
    },
  },
};

/** Units with M c. */
function meanUnits(ops: RowOps, { dim, contextDim, tensors }: ClassLayer): number {
  const to = ops.reserve(dim);
  const matrix = { weight: tensors.mean, inputs: contextDim, outputs: dim };
  ops.dense(matrix, { start: 0, count: contextDim }, { to, from: ops.context, bias: NONE });
  return to;
}

/** Units with z − M c. */
function minusMean(ops: RowOps, layer: ClassLayer): number {
  const mean = meanUnits(ops, layer);
  const to = ops.reserve(layer.dim);
  ops.add(
    { kind: 'copy', to, from: 0, count: layer.dim },
    { kind: 'shift', to, from: mean, count: layer.dim, number: -1 },
  );
  return to;
}

/** The base z ~ N(M c, I) with the context c and a learned M [D, C]. Needs a context. */
export const classConditional = (): ClassConditionalSpec => ({ type: 'class_conditional' });
