/** Every kernel's f64 twin by its stem. */
import type { KernelSpec, Twin } from '../kernel.ts';
import { activationForward } from './activation_forward.ts';
import { actnormStart } from './actnorm_start.ts';
import { adamStep } from './adam_step.ts';
import { baseLogProb } from './base_log_prob.ts';
import { baseMeanBackward } from './base_mean_backward.ts';
import { baseMeanShift } from './base_mean_shift.ts';
import { baseSample } from './base_sample.ts';
import { batchGather } from './batch_gather.ts';
import { boxLogProb } from './box_log_prob.ts';
import { boxSample } from './box_sample.ts';
import { conditionerInput } from './conditioner_input.ts';
import { couplingBackward } from './coupling_backward.ts';
import { couplingForward } from './coupling_forward.ts';
import { couplingInverse } from './coupling_inverse.ts';
import { couplingShift } from './coupling_shift.ts';
import { deepBackwardWeight } from './deep_backward_weight.ts';
import { deepWeightReduce } from './deep_weight_reduce.ts';
import { denseBackwardInput } from './dense_backward_input.ts';
import { denseBackwardInputBlocked } from './dense_backward_input_blocked.ts';
import { denseBackwardInputStreamed } from './dense_backward_input_streamed.ts';
import { denseBackwardWeight } from './dense_backward_weight.ts';
import { denseBackwardWeightBlocked } from './dense_backward_weight_blocked.ts';
import { denseBackwardWeightStreamed } from './dense_backward_weight_streamed.ts';
import { denseCouplingBlocked } from './dense_coupling_blocked.ts';
import { denseForward } from './dense_forward.ts';
import { denseForwardBlocked } from './dense_forward_blocked.ts';
import { denseForwardStreamed } from './dense_forward_streamed.ts';
import { denseWeightReduce } from './dense_weight_reduce.ts';
import { denseWeightTranspose } from './dense_weight_transpose.ts';
import { diagonalBackward } from './diagonal_backward.ts';
import { diagonalForward } from './diagonal_forward.ts';
import { diagonalInverse } from './diagonal_inverse.ts';
import { domainForward } from './domain_forward.ts';
import { domainInverse } from './domain_inverse.ts';
import { flowBackward } from './flow_backward.ts';
import { flowForward } from './flow_forward.ts';
import { flowInverse } from './flow_inverse.ts';
import { halfParameters } from './half_parameters.ts';
import { linearBackward } from './linear_backward.ts';
import { linearForward } from './linear_forward.ts';
import { linearInverse } from './linear_inverse.ts';
import { linearWeightReduce } from './linear_weight_reduce.ts';
import { logDetReduce } from './log_det_reduce.ts';
import { logDetStart } from './log_det_start.ts';
import { mixtureLogProb } from './mixture_log_prob.ts';
import { mixtureSample } from './mixture_sample.ts';
import { nllLoss } from './nll_loss.ts';
import { peakCopy } from './peak_copy.ts';
import { peakFma } from './peak_fma.ts';
import { permutationForward } from './permutation_forward.ts';
import { permutationInverse } from './permutation_inverse.ts';
import { pieceBackwardWeight } from './piece_backward_weight.ts';
import { pieceLines } from './piece_lines.ts';
import { pieceOrder } from './piece_order.ts';
import { pieceSums } from './piece_sums.ts';
import { reduceSum } from './reduce_sum.ts';
import { reduceSumSquares } from './reduce_sum_squares.ts';
import { rowGradientReduce } from './row_gradient_reduce.ts';
import { shallowBackwardWeight } from './shallow_backward_weight.ts';
import { splineBackward } from './spline_backward.ts';
import { splineForward } from './spline_forward.ts';
import { splineInverse } from './spline_inverse.ts';
import { standardizeForward } from './standardize_forward.ts';
import { standardizeInverse } from './standardize_inverse.ts';
import { stepRecord } from './step_record.ts';
import { studentTLogProb } from './student_t_log_prob.ts';
import { studentTSample } from './student_t_sample.ts';
import { toyBatch } from './toy_batch.ts';
import { toyVectorBatch } from './toy_vector_batch.ts';
import { traceRecord } from './trace_record.ts';
import { upperBackwardInput } from './upper_backward_input.ts';
import { upperBackwardWeight } from './upper_backward_weight.ts';

export const twins = {
  activation_forward: activationForward,
  actnorm_start: actnormStart,
  adam_step: adamStep,
  base_log_prob: baseLogProb,
  base_mean_backward: baseMeanBackward,
  base_mean_shift: baseMeanShift,
  base_sample: baseSample,
  batch_gather: batchGather,
  box_log_prob: boxLogProb,
  box_sample: boxSample,
  conditioner_input: conditionerInput,
  coupling_backward: couplingBackward,
  coupling_forward: couplingForward,
  coupling_inverse: couplingInverse,
  coupling_shift: couplingShift,
  deep_backward_weight: deepBackwardWeight,
  deep_weight_reduce: deepWeightReduce,
  dense_backward_input: denseBackwardInput,
  dense_backward_input_blocked: denseBackwardInputBlocked,
  dense_backward_input_streamed: denseBackwardInputStreamed,
  dense_backward_weight: denseBackwardWeight,
  dense_backward_weight_blocked: denseBackwardWeightBlocked,
  dense_backward_weight_streamed: denseBackwardWeightStreamed,
  dense_coupling_blocked: denseCouplingBlocked,
  dense_forward: denseForward,
  dense_forward_blocked: denseForwardBlocked,
  dense_forward_streamed: denseForwardStreamed,
  dense_weight_reduce: denseWeightReduce,
  dense_weight_transpose: denseWeightTranspose,
  diagonal_backward: diagonalBackward,
  diagonal_forward: diagonalForward,
  diagonal_inverse: diagonalInverse,
  domain_forward: domainForward,
  domain_inverse: domainInverse,
  flow_backward: flowBackward,
  flow_forward: flowForward,
  flow_inverse: flowInverse,
  half_parameters: halfParameters,
  linear_backward: linearBackward,
  linear_forward: linearForward,
  linear_inverse: linearInverse,
  linear_weight_reduce: linearWeightReduce,
  log_det_reduce: logDetReduce,
  log_det_start: logDetStart,
  mixture_log_prob: mixtureLogProb,
  mixture_sample: mixtureSample,
  nll_loss: nllLoss,
  peak_copy: peakCopy,
  peak_fma: peakFma,
  permutation_forward: permutationForward,
  permutation_inverse: permutationInverse,
  piece_backward_weight: pieceBackwardWeight,
  piece_lines: pieceLines,
  piece_order: pieceOrder,
  piece_sums: pieceSums,
  reduce_sum: reduceSum,
  reduce_sum_squares: reduceSumSquares,
  row_gradient_reduce: rowGradientReduce,
  shallow_backward_weight: shallowBackwardWeight,
  spline_backward: splineBackward,
  spline_forward: splineForward,
  spline_inverse: splineInverse,
  standardize_forward: standardizeForward,
  standardize_inverse: standardizeInverse,
  step_record: stepRecord,
  student_t_log_prob: studentTLogProb,
  student_t_sample: studentTSample,
  toy_batch: toyBatch,
  toy_vector_batch: toyVectorBatch,
  trace_record: traceRecord,
  upper_backward_input: upperBackwardInput,
  upper_backward_weight: upperBackwardWeight,
};

export function twinOf(stem: string): Twin<KernelSpec> {
  const twin = (twins as unknown as Record<string, Twin<KernelSpec>>)[stem];
  if (twin === undefined) throw new RangeError(`kernel ${stem} has no twin`);
  return twin;
}
