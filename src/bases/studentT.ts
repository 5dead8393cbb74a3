/** Independent Student's t; each feature's degrees of freedom start at `df` and are trained if `learned`. */
import * as v from 'valibot';
import { studentTLogProb } from '../kernels/base/student_t_log_prob.ts';
import { studentTSample } from '../kernels/base/student_t_sample.ts';
import { numberFrom } from '../model/schema.ts';
import { fillTensor } from '../model/tensors.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { signOption } from '../kernels/resident/ops.ts';
import type { Base } from './base.ts';

const schema = v.strictObject({
  type: v.literal('student_t'),
  /** Degrees of freedom, also where learned ones start. */
  // Above 1000, float32 cannot distinguish most of them from a normal.
  df: numberFrom(0.1, 1000),
  /** Whether training changes the degrees of freedom, one for each feature. */
  learned: v.boolean(),
});
/**
 * The spec of `studentT`.
 * @interface
 */
export type StudentTSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  logDf: TensorSlot;
}

export const studentTRoom: Base<StudentTSpec, Tensors> = {
  schema,
  // Heavy tails, but a finite variance.
  defaults: () => ({ df: 5, learned: true }),
  option: { name: 'student-t', number: { name: 'DF', fields: (df) => ({ df, learned: false }) } },
  tensors: ({ learned }, { dim }, add) => ({ logDf: add('log_df', [dim], learned) }),
  start: ({ spec, tensors }, parameters) => fillTensor(parameters, tensors.logDf, Math.log(spec.df)),

  words: ({ df, learned }) =>
    learned ? "Student's t with learned tails" : `Student's t with ${df} degrees of freedom`,
  tuningKey: ({ type }) => type,

  logProb: ({ tensors }, args) => studentTLogProb({ ...args, ...tensors }),
  sample: ({ tensors }, args) => studentTSample({ ...args, ...tensors }),
  rowTensors: ({ tensors }) => [tensors.logDf],

  resident: {
    density: 'student_t',
    logProb(ops, { dim: count, tensors }, { sign }) {
      const tensor = tensors.logDf.offset;
      ops.scope(() => {
        const to = ops.reserve(count);
        ops.add({ kind: 'log_density', to, from: 0, count, tensor, option: signOption(sign) });
      });
    },
    lossBackward(ops, { dim: count, tensors: { logDf } }) {
      const slot = logDf.trainable ? ops.keep(count) : 0;
      const tensor = logDf.offset;
      ops.add({ kind: 'log_density_backward', to: 0, from: 0, count, tensor, slot });
      if (logDf.trainable) ops.sumsTo(logDf, slot);
    },
    sample: (ops, { dim: count, tensors }) =>
      ops.add({ kind: 'draw', to: 0, count, tensor: tensors.logDf.offset }),
  },
};

/**
 * The base of independent Student's t. Defaults: `df` 5 degrees of freedom, `learned`.
 * @see Alexanderson and Henter 2020, https://arxiv.org/abs/2006.06599
 */
export const studentT = (fields: Partial<Omit<StudentTSpec, 'type'>> = {}): StudentTSpec => ({
  type: 'student_t',
  ...studentTRoom.defaults(),
  ...fields,
});
