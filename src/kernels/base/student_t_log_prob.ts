import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';
import { LOG_PROB_BINDINGS, LOG_PROB_PARAMS, logProbBuffers, logProbParams } from './arguments.ts';
import type { LogProbArguments } from './arguments.ts';

export const studentTLogProbKernel = {
  stem: 'student_t_log_prob',
  params: { ...LOG_PROB_PARAMS, log_df_offset: 'u32' },
  bindings: LOG_PROB_BINDINGS,
  flags: ['LOSS'],
} as const satisfies KernelSpec;

export interface StudentTLogProbArguments extends LogProbArguments {
  /** Logarithms of the degrees of freedom, one per feature. */
  logDf: TensorSlot;
}

/** Per feature: normaliser 45, tail 15, the rest 5; with gradients also the normaliser's derivative 30. */
const FLOPS = { value: 65, gradients: 45 };

/** log p of independent Student t's per row, in nats; or the loss with its gradients. */
export function studentTLogProb(args: StudentTLogProbArguments): Dispatch {
  const { rows, features, logDf, loss } = args;
  return dispatchOf(studentTLogProbKernel, {
    params: { ...logProbParams(args), log_df_offset: logDf.offset },
    flags: { LOSS: loss !== undefined },
    buffers: logProbBuffers(args),
    workgroups: gridOf(rows),
    flops: rows * features * (FLOPS.value + (loss === undefined ? 0 : FLOPS.gradients)),
    bytes: 4 * (features + rows * (features * (loss === undefined ? 1 : 3) + 2)),
  });
}
