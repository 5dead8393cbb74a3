/**
 * The base distribution: log-density, loss with its gradients, and rows of it. A class-conditional one is a standard
 * normal here, as the rows are without their means: baseMean.ts.
 */
import { standardNormalSample } from '../kernels/base/standard_normal_sample.ts';
import type { LogProbArguments, SampleArguments } from '../kernels/base/arguments.ts';
import type { Dispatch } from '../plan/kernel.ts';
import { uniformLogProb } from '../kernels/base/uniform_log_prob.ts';
import { uniformSample } from '../kernels/base/uniform_sample.ts';
import { mixtureLogProb } from '../kernels/base/mixture_log_prob.ts';
import { mixtureSample } from '../kernels/base/mixture_sample.ts';
import { standardNormalLogProb } from '../kernels/base/standard_normal_log_prob.ts';
import { rowGradientReduce } from '../kernels/optimize/row_gradient_reduce.ts';
import { studentTLogProb } from '../kernels/base/student_t_log_prob.ts';
import { studentTSample } from '../kernels/base/student_t_sample.ts';
import type { BaseSlots, FlowModel } from '../spec/layout.ts';
import type { TensorSlot } from '../model/tensors.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';

import { D_BASE, D_STATE, GRADIENTS, LOG_DET, LOG_PROB, NLL, PARAMETERS, STATE } from '../plan/names.ts';

/** LOG_PROB of the rows of `latent`, with the log-det of the forward map (sign +1) or of the inverse (−1). */
export function addLogProb(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  { rows, sign, latent }: { rows: number; sign: 1 | -1; latent: string },
): void {
  plan.add(
    logProbOf(layout.base, {
      rows,
      features: spec.dim,
      sign,
      parameters: PARAMETERS,
      state: latent,
      logDet: LOG_DET,
      logProb: plan.buffer(LOG_PROB, rows),
    }),
  );
}

function logProbOf(base: BaseSlots, args: LogProbArguments): Dispatch {
  switch (base.type) {
    case 'standard_normal':
    case 'class_conditional':
      return standardNormalLogProb(args);
    case 'uniform':
      return uniformLogProb({ ...args, bound: base.bound });
    case 'student_t':
      return studentTLogProb({ ...args, logDf: base.logDf });
    case 'mixture':
      return mixtureLogProb({ ...args, slots: base });
  }
}

/** NLL of the rows in the state, D_STATE of the batch's mean, and the gradients of the base's own tensors. */
export function addLoss(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  { rows: validRows, rowStart, totalRows }: BatchRows,
): void {
  const { base } = layout;
  const rows = paddedRows(validRows);
  const features = spec.dim;
  const dState = plan.buffer(D_STATE, features * rows);
  const own = baseGradients(base);
  const dBase = own === 0 ? D_BASE : plan.buffer(D_BASE, own * rows);
  plan.add(
    logProbOf(base, {
      rows,
      features,
      sign: 1,
      parameters: PARAMETERS,
      state: STATE,
      logDet: LOG_DET,
      logProb: plan.buffer(NLL, rowStart + rows),
      loss: { validRows, rowStart, totalRows, dState, dBase },
    }),
  );
  let firstElement = 0;
  for (const tensor of tensorsOf(base)) {
    if (tensor.trainable) {
      plan.add(
        rowGradientReduce({ rows, validRows, tensor, dRows: dBase, firstElement, gradients: GRADIENTS }),
      );
    }
    firstElement += tensor.length;
  }
}

/** Rows of the base distribution into `draw.state`. */
export function drawBase(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  draw: Omit<SampleArguments, 'features' | 'parameters'>,
): void {
  const { base } = layout;
  const args = { ...draw, features: spec.dim, parameters: PARAMETERS };
  switch (base.type) {
    case 'standard_normal':
    case 'class_conditional':
      plan.add(standardNormalSample(args));
      break;
    case 'uniform':
      plan.add(uniformSample({ ...args, bound: base.bound }));
      break;
    case 'student_t':
      plan.add(studentTSample({ ...args, logDf: base.logDf }));
      break;
    case 'mixture':
      plan.add(mixtureSample({ ...args, slots: base }));
  }
}

/** Gradients of its own that a row has; a single normal's include that of its weight, which is 0 and nobody's. */
export function baseGradients(base: BaseSlots): number {
  const own = tensorsOf(base).reduce((sum, { length }) => sum + length, 0);
  return base.type === 'mixture' && base.logits === undefined ? own + 1 : own;
}

/** In the order in which the kernels leave their gradients. */
function tensorsOf(base: BaseSlots): TensorSlot[] {
  switch (base.type) {
    case 'student_t':
      return [base.logDf];
    case 'mixture':
      return [base.mean, base.logScale, ...(base.logits === undefined ? [] : [base.logits])];
    default:
      return [];
  }
}

/** The rows of a batch that are in the state, and the batch they belong to. */
export interface BatchRows {
  rows: number;
  rowStart: number;
  totalRows: number;
}
