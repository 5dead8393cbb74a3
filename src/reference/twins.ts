/** Every kernel's f64 twin by its stem. */
import type { KernelSpec, Twin } from '../kernel.ts';
import { adamStep } from './adam_step.ts';
import { baseLogProb } from './base_log_prob.ts';
import { baseSample } from './base_sample.ts';
import { batchGather } from './batch_gather.ts';
import { couplingBackward } from './coupling_backward.ts';
import { couplingForward } from './coupling_forward.ts';
import { couplingInverse } from './coupling_inverse.ts';
import { deepBackwardWeight } from './deep_backward_weight.ts';
import { deepWeightReduce } from './deep_weight_reduce.ts';
import { denseBackwardInput } from './dense_backward_input.ts';
import { denseBackwardInputStreamed } from './dense_backward_input_streamed.ts';
import { denseBackwardWeight } from './dense_backward_weight.ts';
import { denseBackwardWeightStreamed } from './dense_backward_weight_streamed.ts';
import { denseForward } from './dense_forward.ts';
import { denseForwardStreamed } from './dense_forward_streamed.ts';
import { denseWeightReduce } from './dense_weight_reduce.ts';
import { denseWeightTranspose } from './dense_weight_transpose.ts';
import { flowBackward } from './flow_backward.ts';
import { flowForward } from './flow_forward.ts';
import { flowInverse } from './flow_inverse.ts';
import { logDetReduce } from './log_det_reduce.ts';
import { nllLoss } from './nll_loss.ts';
import { peakCopy } from './peak_copy.ts';
import { peakFma } from './peak_fma.ts';
import { reduceSum } from './reduce_sum.ts';
import { reduceSumSquares } from './reduce_sum_squares.ts';
import { shallowBackwardWeight } from './shallow_backward_weight.ts';
import { standardizeForward } from './standardize_forward.ts';
import { standardizeInverse } from './standardize_inverse.ts';
import { stepRecord } from './step_record.ts';
import { toyBatch } from './toy_batch.ts';
import { upperBackwardInput } from './upper_backward_input.ts';
import { upperBackwardWeight } from './upper_backward_weight.ts';

export const twins = {
  adam_step: adamStep,
  base_log_prob: baseLogProb,
  base_sample: baseSample,
  batch_gather: batchGather,
  coupling_backward: couplingBackward,
  coupling_forward: couplingForward,
  coupling_inverse: couplingInverse,
  deep_backward_weight: deepBackwardWeight,
  deep_weight_reduce: deepWeightReduce,
  dense_backward_input: denseBackwardInput,
  dense_backward_input_streamed: denseBackwardInputStreamed,
  dense_backward_weight: denseBackwardWeight,
  dense_backward_weight_streamed: denseBackwardWeightStreamed,
  dense_forward: denseForward,
  dense_forward_streamed: denseForwardStreamed,
  dense_weight_reduce: denseWeightReduce,
  dense_weight_transpose: denseWeightTranspose,
  flow_backward: flowBackward,
  flow_forward: flowForward,
  flow_inverse: flowInverse,
  log_det_reduce: logDetReduce,
  nll_loss: nllLoss,
  peak_copy: peakCopy,
  peak_fma: peakFma,
  reduce_sum: reduceSum,
  reduce_sum_squares: reduceSumSquares,
  shallow_backward_weight: shallowBackwardWeight,
  standardize_forward: standardizeForward,
  standardize_inverse: standardizeInverse,
  step_record: stepRecord,
  toy_batch: toyBatch,
  upper_backward_input: upperBackwardInput,
  upper_backward_weight: upperBackwardWeight,
};

export function twinOf(stem: string): Twin<KernelSpec> {
  const twin = (twins as unknown as Record<string, Twin<KernelSpec>>)[stem];
  if (twin === undefined) throw new RangeError(`kernel ${stem} has no twin`);
  return twin;
}
