/** Uniform on the box [−bound, bound] of each feature. */
import * as v from 'valibot';
import { boxLogProb } from '../kernels/base/box_log_prob.ts';
import { boxSample } from '../kernels/base/box_sample.ts';
import { positiveNumber } from '../model/schema.ts';
import type { Base } from './base.ts';

const schema = v.strictObject({ type: v.literal('uniform'), bound: positiveNumber() });
export type UniformSpec = v.InferOutput<typeof schema>;

export const uniformRoom: Base<UniformSpec> = {
  schema,
  // Where the splines of the preset end.
  defaults: () => ({ bound: 3 }),
  isBounded: true,
  tensors: () => ({}),
  words: ({ bound }) => `uniform on ±${bound}`,
  tuningKey: ({ type }) => type,

  logProb(plan, { dim, spec }, density) {
    plan.add(boxLogProb({ ...density, features: dim, bound: spec.bound }));
  },

  draw(plan, { dim, spec }, args) {
    plan.add(boxSample({ ...args, features: dim, bound: spec.bound }));
  },
};

export const uniform = (fields: Partial<Omit<UniformSpec, 'type'>> = {}): UniformSpec => ({
  type: 'uniform',
  ...uniformRoom.defaults(),
  ...fields,
});
