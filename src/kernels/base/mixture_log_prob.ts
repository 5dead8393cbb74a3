import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { MixtureSlots } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';
import { LOG_PROB_BINDINGS, LOG_PROB_PARAMS, logProbBuffers, logProbParams } from './arguments.ts';
import type { LogProbArguments } from './arguments.ts';

export const mixtureLogProbKernel = {
  stem: 'mixture_log_prob',
  params: {
    ...LOG_PROB_PARAMS,
    n_components: 'u32',
    mean_offset: 'u32',
    log_scale_offset: 'u32',
    logits_offset: 'u32',
  },
  bindings: LOG_PROB_BINDINGS,
  flags: ['LOSS'],
} as const satisfies KernelSpec;

/** log p of a mixture of diagonal normals per row, in nats; or the loss with its gradients. */
export function mixtureLogProb(args: LogProbArguments & { slots: MixtureSlots }): Dispatch {
  const { rows, features, slots, loss } = args;
  const { mean, logScale, logits } = slots;
  const elements = rows * mean.length;
  return dispatchOf(mixtureLogProbKernel, {
    params: {
      ...logProbParams(args),
      n_components: mean.length / features,
      mean_offset: mean.offset,
      log_scale_offset: logScale.offset,
      logits_offset: logits?.offset ?? 0,
    },
    flags: { LOSS: loss !== undefined },
    buffers: logProbBuffers(args),
    workgroups: gridOf(rows),
    flops: elements * (loss === undefined ? 7 : 20),
    bytes:
      4 *
      (rows * (features + 2) + 2 * mean.length + (loss === undefined ? 0 : 2 * elements + rows * features)),
  });
}
