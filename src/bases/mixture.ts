/** `components` diagonal normals, learned with their weights. */
import * as v from 'valibot';
import { mixtureLogProb } from '../kernels/base/mixture_log_prob.ts';
import { mixtureSample } from '../kernels/base/mixture_sample.ts';
import { integerFrom } from '../model/schema.ts';
import type { MixtureSlots } from '../model/tensors.ts';
import { PARAMETERS } from '../plan/names.ts';
import { normals, STREAMS } from '../random.ts';
import { reduceRowGradients, rowGradientBuffer } from './base.ts';
import type { Base, BaseSpecOf } from './base.ts';

const schema = v.strictObject({ type: v.literal('mixture'), components: integerFrom(2, 1024) });
export type MixtureSpec = v.InferOutput<typeof schema>;

/** Rows of K diagonal normals. */
export const mixtureSteps: Pick<Base<BaseSpecOf, MixtureSlots>, 'logProb' | 'draw' | 'rowTensors'> = {
  logProb(plan, layer, { loss, ...density }) {
    const args = { ...density, slots: layer.tensors, parameters: PARAMETERS };
    if (loss === undefined) plan.add(mixtureLogProb(args));
    else {
      const dBase = rowGradientBuffer(plan, layer, density.rows);
      plan.add(mixtureLogProb({ ...args, loss: { ...loss, dBase } }));
      reduceRowGradients(plan, layer, { ...loss, rows: density.rows });
    }
  },

  draw(plan, { tensors }, args) {
    plan.add(mixtureSample({ ...args, slots: tensors, parameters: PARAMETERS }));
  },

  rowTensors: ({ tensors: { mean, logScale, logits } }) => [
    mean,
    logScale,
    ...(logits === undefined ? [] : [logits]),
  ],
};

export const mixtureRoom: Base<MixtureSpec, MixtureSlots> = {
  schema,
  defaults: () => ({ components: 8 }),

  tensors: ({ components }, { dim }, add) => ({
    mean: add('mean', [components, dim], true),
    logScale: add('log_scale', [components, dim], true),
    logits: add('logits', [components], true),
  }),

  // Means apart, since components that are the same would stay so.
  start: ({ tensors: { mean } }, parameters, seed) =>
    parameters.set(normals(seed, STREAMS.base, mean.length), mean.offset),

  words: ({ components }) => `mixture of ${components} diagonal normals`,
  tuningKey: ({ components }) => `mixture of ${components}`,
  ...mixtureSteps,
};

export const mixture = (fields: Partial<Omit<MixtureSpec, 'type'>> = {}): MixtureSpec => ({
  type: 'mixture',
  ...mixtureRoom.defaults(),
  ...fields,
});
