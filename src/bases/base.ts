/**
 * The base distribution: log-density, loss with its gradients, and rows of it. A class-conditional one is a standard
 * normal here, as the rows are without their means: baseMean.ts.
 */
import { baseLogProb } from '../kernels/base/base_log_prob.ts';
import { baseSample } from '../kernels/base/base_sample.ts';
import type { DrawArguments } from '../kernels/base/base_sample.ts';
import { boxLogProb } from '../kernels/base/box_log_prob.ts';
import { boxSample } from '../kernels/base/box_sample.ts';
import { mixtureLogProb } from '../kernels/base/mixture_log_prob.ts';
import { mixtureSample } from '../kernels/base/mixture_sample.ts';
import { nllLoss } from '../kernels/base/nll_loss.ts';
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
  const { base } = layout;
  const features = spec.dim;
  const density = { rows, sign, state: latent, logDet: LOG_DET, logProb: plan.buffer(LOG_PROB, rows) };
  switch (base.type) {
    case 'standard_normal':
    case 'class_conditional':
      plan.add(baseLogProb({ ...density, features }));
      break;
    case 'uniform':
      plan.add(boxLogProb({ ...density, features, bound: base.bound }));
      break;
    case 'student_t':
      plan.add(studentTLogProb({ ...density, logDf: base.logDf, parameters: PARAMETERS }));
      break;
    case 'mixture':
      plan.add(mixtureLogProb({ ...density, slots: base, parameters: PARAMETERS }));
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
  const nll = plan.buffer(NLL, rowStart + rows);
  if (base.type === 'standard_normal' || base.type === 'class_conditional') {
    const batch = { rows, validRows, rowStart, totalRows };
    plan.add(nllLoss({ ...batch, features, state: STATE, logDet: LOG_DET, dState, nll }));
    return;
  }
  const loss = { validRows, rowStart, totalRows, dState };
  const density = { rows, sign: 1, state: STATE, logDet: LOG_DET, logProb: nll } as const;
  if (base.type === 'uniform') {
    plan.add(boxLogProb({ ...density, features, bound: base.bound, loss }));
    return;
  }
  const dBase = plan.buffer(D_BASE, baseGradients(base) * rows);
  const learned = { ...density, parameters: PARAMETERS, loss: { ...loss, dBase } };
  plan.add(
    base.type === 'student_t'
      ? studentTLogProb({ ...learned, logDf: base.logDf })
      : mixtureLogProb({ ...learned, slots: base }),
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

/** Rows of the base distribution into `args.state`. */
export function drawBase(plan: PlanBuilder, { spec, layout }: FlowModel, args: DrawArguments): void {
  const { base } = layout;
  switch (base.type) {
    case 'standard_normal':
    case 'class_conditional':
      plan.add(baseSample({ ...args, features: spec.dim }));
      break;
    case 'uniform':
      plan.add(boxSample({ ...args, features: spec.dim, bound: base.bound }));
      break;
    case 'student_t':
      plan.add(studentTSample({ ...args, logDf: base.logDf, parameters: PARAMETERS }));
      break;
    case 'mixture':
      plan.add(mixtureSample({ ...args, slots: base, parameters: PARAMETERS }));
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
