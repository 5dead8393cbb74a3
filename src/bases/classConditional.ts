/**
 * z ~ N(M c, I) with the context c and a learned M [D, C]: a mean for each class if c is one-hot. z − M c has
 * the density N(0, I).
 */
import * as v from 'valibot';
import { classConditionalBackward } from '../kernels/base/class_conditional_backward.ts';
import { classConditionalShift } from '../kernels/base/class_conditional_shift.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { CONTEXT, D_STATE, GRADIENTS, PARAMETERS } from '../plan/names.ts';
import type { Base } from './base.ts';
import { standardNormalRows } from './standardNormal.ts';

const schema = v.strictObject({ type: v.literal('class_conditional') });
export type ClassConditionalSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  mean: TensorSlot;
}

export const classConditionalRoom: Base<ClassConditionalSpec, Tensors> = {
  schema,
  defaults: () => ({}),
  option: { name: 'class' },
  readsContext: true,
  tensors: (_, { dim, contextDim }, add) => ({ mean: add('mean', [dim, contextDim], true) }),
  words: () => 'normal with a mean from the context',
  tuningKey: ({ type }) => type,
  ...standardNormalRows,

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

export const classConditional = (): ClassConditionalSpec => ({ type: 'class_conditional' });
