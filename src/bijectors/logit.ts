/**
 * Pixels of `levels` values, as numbers from 0 to `levels`, to the real line: z = log(v / (1 − v)) with v = α + (1 − 2α) x /
 * levels. Only as the first bijector. A value x of an image is the interval [x, x + 1): training draws from it.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { logit as mapPixels } from '../kernels/elementwise/logit.ts';
import type { PixelLine } from '../kernels/elementwise/logit.ts';
import { logitBackward } from '../kernels/elementwise/logit_backward.ts';
import { integerFrom, numberFrom } from '../model/schema.ts';
import { D_STATE, LOG_DET, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, MapPass } from './bijector.ts';

const schema = v.strictObject({
  type: v.literal('logit'),
  /** Keeps v away from 0 and 1, whose images are infinite. */
  alpha: numberFrom(1e-6, 0.4),
  /** Number of values of a pixel. */
  levels: integerFrom(2, 65_536),
});
/**
 * The spec of `logit`.
 * @interface
 */
export type LogitSpec = v.InferOutput<typeof schema>;

export const logitRoom: Bijector<LogitSpec> = {
  schema,
  defaults: () => ({ alpha: 0.05, levels: 256 }),

  check({ type }, { where, previous }) {
    if (previous === undefined) return;
    throw new ShapeError(`${where}.type`, type, `${type} only as the first bijector`);
  },

  tensors: () => ({}),

  words: ({ spec: { alpha, levels } }) =>
    `log(v / (1 − v)) with v = ${alpha} + ${1 - 2 * alpha} x / ${levels}`,
  tuningKey: ({ spec }) => spec.type,
  cellWidth: () => 1,

  preservesVolume: false,

  forward: (plan, layer, pass) => addMap(plan, layer, pass, false),
  inverse: (plan, layer, pass) => addMap(plan, layer, pass, true),

  backwardInput(plan, { spec }, { dim, rows, validRows, dLogDet }) {
    const args = { ...lineOf(spec), rows, validRows, features: dim, dLogDet };
    plan.add(logitBackward({ ...args, state: STATE, dState: D_STATE }));
  },
};

/**
 * Pixels of `levels` values to the real line; only as the first bijector. Defaults: `alpha` 0.05, `levels` 256.
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803, section 4.1
 */
export const logit = builderOf<LogitSpec>('logit');

function addMap(
  plan: PlanBuilder,
  { spec }: Layer<LogitSpec>,
  { dim, rows, accumulate }: MapPass,
  inverse: boolean,
): void {
  const args = { ...lineOf(spec), rows, features: dim, inverse, accumulate };
  plan.add(mapPixels({ ...args, state: STATE, logDet: LOG_DET }));
}

function lineOf({ alpha, levels }: LogitSpec): PixelLine {
  return { start: alpha, span: (1 - 2 * alpha) / levels };
}
