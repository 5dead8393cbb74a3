/** Uniform on the box [−bound, bound] of each feature. */
import * as v from 'valibot';
import { NEGATIVE_INFINITY_BITS, uniformLogProb } from '../kernels/base/uniform_log_prob.ts';
import { uniformSample } from '../kernels/base/uniform_sample.ts';
import { positiveNumber } from '../model/schema.ts';
import { signOption, WALLS } from '../kernels/resident/ops.ts';
import type { Base } from './base.ts';

const schema = v.strictObject({
  type: v.literal('uniform'),
  /** The box is [−bound, bound] in each feature. */
  bound: positiveNumber(),
});
/**
 * The spec of `uniform`.
 * @interface
 */
export type UniformSpec = v.InferOutput<typeof schema>;

export const uniformRoom: Base<UniformSpec> = {
  schema,
  // The bound of the preset's splines.
  defaults: () => ({ bound: 3 }),
  option: { name: 'uniform', number: { name: 'BOUND', fields: (bound) => ({ bound }) } },
  isBounded: true,
  tensors: () => ({}),
  words: ({ bound }) => `uniform on ±${bound}`,
  tuningKey: ({ type }) => type,

  logProb: ({ spec }, args) => uniformLogProb({ ...args, bound: spec.bound }),
  sample: ({ spec }, args) => uniformSample({ ...args, bound: spec.bound }),

  resident: {
    density: 'uniform',
    logProb: (ops, { spec, dim: count }, { sign, isLoss }) =>
      ops.add({
        kind: 'log_density',
        from: 0,
        count,
        aux: NEGATIVE_INFINITY_BITS,
        option: signOption(sign) | (isLoss ? WALLS : 0),
        number: spec.bound,
      }),
    lossBackward: (ops, { spec, dim: count }) =>
      ops.add({ kind: 'log_density_backward', to: 0, from: 0, count, number: spec.bound }),
    sample: (ops, { spec, dim: count }) => ops.add({ kind: 'draw', to: 0, count, number: spec.bound }),
  },
};

/** The base that is uniform on [−bound, bound] of each feature. Default `bound` 3. */
export const uniform = (fields: Partial<Omit<UniformSpec, 'type'>> = {}): UniformSpec => ({
  type: 'uniform',
  ...uniformRoom.defaults(),
  ...fields,
});
