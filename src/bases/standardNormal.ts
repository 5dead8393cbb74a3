/** z ~ N(0, I). */
import * as v from 'valibot';
import { baseLogProb } from '../kernels/base/base_log_prob.ts';
import { baseSample } from '../kernels/base/base_sample.ts';
import { nllLoss } from '../kernels/base/nll_loss.ts';
import type { Base } from './base.ts';

const schema = v.strictObject({ type: v.literal('standard_normal') });
export type StandardNormalSpec = v.InferOutput<typeof schema>;

/** Rows of N(0, I). */
export const standardNormalSteps: Pick<Base, 'logProb' | 'draw'> = {
  logProb(plan, { dim: features }, { loss, logProb, ...density }) {
    const { rows, state, logDet } = density;
    if (loss === undefined) plan.add(baseLogProb({ ...density, features, logProb }));
    else plan.add(nllLoss({ ...loss, rows, features, state, logDet, nll: logProb }));
  },

  draw(plan, { dim }, args) {
    plan.add(baseSample({ ...args, features: dim }));
  },
};

export const standardNormalRoom: Base<StandardNormalSpec> = {
  schema,
  defaults: () => ({}),
  tensors: () => ({}),
  words: () => 'standard normal',
  tuningKey: () => '',
  isStandardNormal: true,
  ...standardNormalSteps,
};

export const standardNormal = (): StandardNormalSpec => ({ type: 'standard_normal' });
