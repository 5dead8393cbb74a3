/** A mixture of `components` diagonal normals; weights, means and scales are learned. */
import * as v from 'valibot';
import { mixtureLogProb } from '../kernels/base/mixture_log_prob.ts';
import { mixtureSample } from '../kernels/base/mixture_sample.ts';
import { integerFrom } from '../model/schema.ts';
import type { MixtureSlots, TensorSlot } from '../model/tensors.ts';
import { normals, STREAMS } from '../random.ts';
import { signOption } from '../kernels/resident/ops.ts';
import type { Op } from '../kernels/resident/ops.ts';
import { offsetOf } from '../kernels/resident/row_ops.ts';
import type { Base, BaseSpecOf } from './base.ts';

const schema = v.strictObject({
  type: v.literal('mixture'),
  /** Number of normals. */
  components: integerFrom(2, 1024),
});
/**
 * The spec of `mixture`.
 * @interface
 */
export type MixtureSpec = v.InferOutput<typeof schema>;

/** The kernels of a mixture of K diagonal normals. */
export const mixtureRows: Pick<
  Base<BaseSpecOf, MixtureSlots>,
  'logProb' | 'sample' | 'rowTensors' | 'resident'
> = {
  logProb: ({ tensors }, args) => mixtureLogProb({ ...args, slots: tensors }),
  sample: ({ tensors }, args) => mixtureSample({ ...args, slots: tensors }),

  rowTensors: ({ tensors }) => tensorsOf(tensors),

  resident: {
    density: 'mixture',
    logProb: (ops, { tensors, dim }, { sign }) =>
      ops.add({ ...residentFields(tensors, dim), kind: 'log_density', option: signOption(sign) }),
    lossBackward(ops, { tensors, dim }) {
      const kept = tensorsOf(tensors);
      const slots = kept.map((tensor) => ops.keep(tensor.length));
      ops.add({
        ...residentFields(tensors, dim),
        kind: 'log_density_backward',
        to: 0,
        slot: slots[0] ?? 0,
      });
      kept.forEach((tensor, index) => ops.sumsTo(tensor, slots[index] ?? 0));
    },
    sample: (ops, { tensors, dim }) => ops.add({ ...residentFields(tensors, dim), kind: 'draw', to: 0 }),
  },
};

function tensorsOf({ mean, logScale, logits }: MixtureSlots): TensorSlot[] {
  return [mean, logScale, ...(logits === undefined ? [] : [logits])];
}

/** The fields that all operations of a mixture share. */
function residentFields({ mean, logScale, logits }: MixtureSlots, dim: number): Omit<Op, 'kind'> {
  return {
    from: 0,
    count: dim,
    inputs: mean.length / dim,
    tensor: mean.offset,
    bias: logScale.offset,
    aux: offsetOf(logits),
  };
}

export const mixtureRoom: Base<MixtureSpec, MixtureSlots> = {
  schema,
  defaults: () => ({ components: 8 }),
  option: {
    name: 'mixture',
    number: { name: 'K', isNeeded: true, fields: (components) => ({ components }) },
  },

  tensors: ({ components }, { dim }, add) => ({
    mean: add('mean', [components, dim], true),
    logScale: add('log_scale', [components, dim], true),
    logits: add('logits', [components], true),
  }),

  // The means start apart: identical components would stay identical.
  start: ({ tensors: { mean } }, parameters, seed) =>
    parameters.set(normals(seed, STREAMS.base, mean.length), mean.offset),

  words: ({ components }) => `mixture of ${components} diagonal normals`,
  tuningKey: ({ components }) => `mixture of ${components}`,
  ...mixtureRows,
};

/** The base of a mixture of `components` diagonal normals, 8 by default, with learned weights, means and scales. */
export const mixture = (fields: Partial<Omit<MixtureSpec, 'type'>> = {}): MixtureSpec => ({
  type: 'mixture',
  ...mixtureRoom.defaults(),
  ...fields,
});
