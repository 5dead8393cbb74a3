/** z ~ N(0, I). */
import * as v from 'valibot';
import { standardNormalLogProb } from '../kernels/base/standard_normal_log_prob.ts';
import { standardNormalSample } from '../kernels/base/standard_normal_sample.ts';
import { signOption } from '../kernels/resident/ops.ts';
import type { Base } from './base.ts';

const schema = v.strictObject({ type: v.literal('standard_normal') });
/**
 * The spec of `standardNormal`.
 * @interface
 */
export type StandardNormalSpec = v.InferOutput<typeof schema>;

/** The kernels of N(0, I). */
export const standardNormalRows: Pick<Base, 'logProb' | 'sample'> = {
  logProb: (_, args) => standardNormalLogProb(args),
  sample: (_, args) => standardNormalSample(args),
};

export const standardNormalRoom: Base<StandardNormalSpec> = {
  schema,
  defaults: () => ({}),
  option: { name: 'normal' },
  tensors: () => ({}),
  words: () => 'standard normal',
  tuningKey: () => '',
  isStandardNormal: true,
  ...standardNormalRows,

  resident: {
    density: 'normal',
    logProb: (ops, { dim }, { sign }) =>
      ops.add({ kind: 'log_density', from: 0, count: dim, option: signOption(sign) }),
    lossBackward: (ops, { dim }) => ops.add({ kind: 'log_density_backward', to: 0, from: 0, count: dim }),
    sample: (ops, { dim }) => ops.add({ kind: 'draw', to: 0, count: dim }),
  },
};

/** The base z ~ N(0, I). */
export const standardNormal = (): StandardNormalSpec => ({ type: 'standard_normal' });
