/** The flow's map in both directions, in place on the state. */
import { halfParameters } from '../kernels/half_parameters.ts';
import { logDetStart } from '../kernels/log_det_start.ts';
import type { ParamLayout } from '../paramLayout.ts';
import { PlanBuilder } from '../plan.ts';
import type { Plan } from '../plan.ts';
import { paddedRows } from '../shape.ts';
import type { FlowSpec } from '../spec.ts';
import { addLogProb } from './base.ts';
import { shiftByBaseMean } from './baseMean.ts';
import { stepsOf } from './bijectors/index.ts';
import { fusedForward, fusedInverse, fusedStack } from './fused.ts';
import { PLAIN_VARIANTS } from './variants.ts';
import type { KernelVariants } from './variants.ts';
import { activationsOf, HALF_PARAMETERS, LOG_DET, LOG_PROB, PARAMETERS, STATE } from './names.ts';
import type { Activations } from './names.ts';

/** A flow as the steps see it: its description and where its tensors lie. */
export interface FlowModel {
  spec: FlowSpec;
  layout: ParamLayout;
}

/** A run of the tiled kernels. */
interface TiledRun {
  rows: number;
  variants: KernelVariants;
  /** Whether the bijector at this index leaves in its activations what its backward pass needs. */
  keeps?: (index: number) => boolean;
  /** Where the bijector at this index has its activations. */
  activations?: (index: number) => Activations;
}

/** x → z: the state becomes the latent, LOG_DET the log-determinant of the map, per row. */
export function flowForward(
  plan: PlanBuilder,
  model: FlowModel,
  { rows, variants, keeps = () => false, activations = () => activationsOf() }: TiledRun,
): void {
  declareState(plan, model, { rows, variants });
  const { spec, layout } = model;
  let accumulate = false;
  layout.bijectors.forEach((slots, index) => {
    const steps = stepsOf(slots);
    steps.forward(plan, slots, {
      dim: spec.dim,
      rows,
      variants,
      activations: activations(index),
      accumulate,
      keepSlopes: keeps(index),
    });
    accumulate ||= !steps.preservesVolume;
  });
  if (!accumulate) plan.add(logDetStart({ rows, logDet: LOG_DET }));
}

/** z → x: the state becomes the data, LOG_DET the log-determinant of the inverse map, per row. */
export function flowInverse(plan: PlanBuilder, model: FlowModel, { rows, variants }: TiledRun): void {
  declareState(plan, model, { rows, variants });
  const { spec, layout } = model;
  const activations = activationsOf();
  let accumulate = false;
  for (const slots of layout.bijectors.toReversed()) {
    const steps = stepsOf(slots);
    steps.inverse(plan, slots, { dim: spec.dim, rows, variants, activations, accumulate });
    accumulate ||= !steps.preservesVolume;
  }
  if (!accumulate) plan.add(logDetStart({ rows, logDet: LOG_DET }));
}

/** The plan of `flow.forward`: STATE x → z, LOG_DET. Rows are padded, as `paddedRows` says. */
export function forwardPlan(model: FlowModel, count: number, variants = PLAIN_VARIANTS): Plan {
  const rows = paddedRows(count);
  const plan = new PlanBuilder('forward');
  const stack = fusedStack(model, variants);
  if (stack === undefined) {
    flowForward(plan, model, { rows, variants });
  } else {
    declareState(plan, model, { rows, variants });
    fusedForward(plan, model, stack, { rows, variants });
  }
  return plan.build();
}

/** The plan of `flow.inverse`: STATE z → x, LOG_DET. */
export function inversePlan(model: FlowModel, count: number, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('inverse');
  inverseOf(plan, model, paddedRows(count), variants);
  return plan.build();
}

/** z → x on the state, by the kernels that the variants ask for. */
export function inverseOf(plan: PlanBuilder, model: FlowModel, rows: number, variants: KernelVariants): void {
  const stack = fusedStack(model, variants);
  if (stack === undefined) {
    flowInverse(plan, model, { rows, variants });
    return;
  }
  declareState(plan, model, { rows, variants });
  fusedInverse(plan, model, stack, { rows, variants });
}

/** The plan of `flow.logProb`: STATE x → z without the mean of its base, LOG_PROB in nats. */
export function logProbPlan(model: FlowModel, count: number, variants = PLAIN_VARIANTS): Plan {
  const rows = paddedRows(count);
  const plan = new PlanBuilder('log_prob');
  const stack = fusedStack(model, variants);
  if (stack !== undefined) {
    declareState(plan, model, { rows, variants });
    if (model.layout.base.type === 'standard_normal') {
      fusedForward(plan, model, stack, { rows, variants, logProb: plan.buffer(LOG_PROB, rows) });
      return plan.build();
    }
    fusedForward(plan, model, stack, { rows, variants });
  } else {
    flowForward(plan, model, { rows, variants });
  }
  shiftByBaseMean(plan, model, rows, -1, STATE);
  addLogProb(plan, model, { rows, sign: 1, latent: STATE });
  return plan.build();
}

/** The rows' way through the flow, and what the nets read of the parameters, once a plan: they change at its end. */
export function declareState(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  { rows, variants }: { rows: number; variants: KernelVariants },
): void {
  plan.buffer(PARAMETERS, layout.length);
  if (variants.precision === 'f16' && !plan.has(HALF_PARAMETERS)) {
    const half = plan.buffer(HALF_PARAMETERS, layout.length, 'f16');
    plan.add(halfParameters({ elements: layout.length, parameters: PARAMETERS, halfParameters: half }));
  }
  plan.buffer(STATE, spec.dim * rows);
  plan.buffer(LOG_DET, rows);
}
