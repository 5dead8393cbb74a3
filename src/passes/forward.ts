/** The flow's map in both directions, in place on the state. */
import type { FlowModel } from '../spec/layout.ts';
import { halfParameters } from '../kernels/dense/half_parameters.ts';
import { logDetStart } from '../kernels/coupling/log_det_start.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import {
  activationsOf,
  HALF_PARAMETERS,
  keptRowsName,
  LOG_DET,
  LOG_PROB,
  NLL,
  PARAMETERS,
  STATE,
} from '../plan/names.ts';
import type { Activations } from '../plan/names.ts';
import { stagesOf } from './stages.ts';
import type { Draws, Score, Stage } from './stage.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { addLogProb } from '../bases/base.ts';

interface MapRun {
  rows: number;
  variants: KernelVariants;
}

interface ForwardRun extends MapRun {
  /** For a training step: where each stage keeps values for its backward pass. */
  tape?: readonly StageTape[];
  /** For the last stage, if it can score. */
  score?: Score;
}

/** The rows of a batch in the state, and the batch they belong to. */
export interface BatchRows {
  rows: number;
  rowStart: number;
  totalRows: number;
}

/** The values that one stage keeps for its backward pass. */
export interface StageTape {
  stage: Stage;
  /** Whether the nets' activations and derivatives are kept; otherwise backward runs the nets again. */
  netsHaveRun: boolean;
  /** The buffers of the activations and derivatives: the stage's own, or shared by all stages. */
  activations: Activations;
  /** The buffer for rows that the stage cannot rebuild from its output. */
  keptRows: string;
}

/** The values that the forward pass of a training step keeps for the backward pass. */
export interface Tape {
  stages: readonly StageTape[];
  /** Whether the last stage has written NLL, and begins its backward pass with the gradient of the loss. */
  hasLoss: boolean;
}

/**
 * The forward pass of a training step: STATE x → z, and LOG_DET, or NLL if the last stage can score. Backward rebuilds
 * the input of each stage from its output by the inverse. So the workspace holds the activations of one stage at any
 * depth, unless the variants keep all stages' activations.
 */
export function forward(
  plan: PlanBuilder,
  model: FlowModel,
  { rows: validRows, rowStart }: BatchRows,
  variants: KernelVariants,
): Tape {
  const run = { rows: paddedRows(validRows), variants };
  const stages = stagesOf(model, variants, true);
  const lastWithNets = stages.findLast(({ hasNets }) => hasNets);
  const tapes = stages.map((stage): StageTape => {
    const isStored = stage.alwaysStores === true || (stage.canStore && variants.keep === 'store');
    return {
      stage,
      // The last nets have just run when the backward pass begins.
      netsHaveRun: isStored || stage === lastWithNets,
      activations: activationsOf(isStored ? stage.place : undefined),
      keptRows: keptRowsName(stage.place),
    };
  });
  declareState(plan, model, run);
  const hasLoss = stages.at(-1)?.canScore === true;
  const nll = plan.buffer(NLL, rowStart + run.rows);
  const score = { buffer: nll, start: rowStart, validRows, isLoss: true };
  stagesForward(plan, model, stages, { ...run, tape: tapes, ...(hasLoss ? { score } : {}) });
  return { stages: tapes, hasLoss };
}

/** x → z through the stages: the state becomes the latent, LOG_DET the log-determinant of the map, per row. */
export function stagesForward(
  plan: PlanBuilder,
  { spec }: FlowModel,
  stages: readonly Stage[],
  { rows, variants, tape = [], score }: ForwardRun,
): void {
  let accumulate = false;
  for (const [index, stage] of stages.entries()) {
    const { activations = activationsOf(), netsHaveRun = false, keptRows } = tape[index] ?? {};
    stage.forward(plan, {
      dim: spec.dim,
      rows,
      variants,
      activations,
      accumulate,
      keepDerivatives: netsHaveRun,
      ...(keptRows === undefined ? {} : { keptRows }),
      ...(stage === stages.at(-1) && score !== undefined ? { score } : {}),
    });
    accumulate ||= !stage.preservesVolume;
  }
  if (!accumulate) plan.add(logDetStart({ rows, logDet: LOG_DET }));
}

/** The plan of `flow.forward`: STATE x → z, LOG_DET. Rows are padded, as `paddedRows` says. */
export function forwardPlan(model: FlowModel, count: number, variants = PLAIN_VARIANTS): Plan {
  const run = { rows: paddedRows(count), variants };
  const plan = new PlanBuilder('forward');
  declareState(plan, model, run);
  stagesForward(plan, model, stagesOf(model, variants, false), run);
  return plan.build();
}

/** The plan of `flow.inverse`: STATE z → x, LOG_DET. */
export function inversePlan(model: FlowModel, count: number, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('inverse');
  flowInverse(plan, model, { rows: paddedRows(count), variants });
  return plan.build();
}

/**
 * z → x: the state becomes the data, LOG_DET the log-determinant of the inverse map, per row. With draws, if the last
 * stage can draw, z is drawn first.
 */
export function flowInverse(
  plan: PlanBuilder,
  model: FlowModel,
  { rows, variants, draws }: MapRun & { draws?: Draws },
): void {
  declareState(plan, model, { rows, variants });
  const activations = activationsOf();
  let accumulate = false;
  const stages = stagesOf(model, variants, false);
  for (const stage of stages.toReversed()) {
    stage.inverse(plan, {
      dim: model.spec.dim,
      rows,
      variants,
      activations,
      accumulate,
      ...(stage === stages.at(-1) && draws !== undefined ? { draws } : {}),
    });
    accumulate ||= !stage.preservesVolume;
  }
  if (!accumulate) plan.add(logDetStart({ rows, logDet: LOG_DET }));
}

/** The plan of `flow.logProb`: LOG_PROB in nats; the state is used up. */
export function logProbPlan(model: FlowModel, count: number, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('log_prob');
  flowLogProb(plan, model, { rows: paddedRows(count), variants });
  return plan.build();
}

/** LOG_PROB of the rows in STATE, which is used up. */
export function flowLogProb(plan: PlanBuilder, model: FlowModel, run: MapRun): void {
  const { rows, variants } = run;
  declareState(plan, model, run);
  const stages = stagesOf(model, variants, false);
  const { base } = model.layout;
  const logProb = plan.buffer(LOG_PROB, rows);
  if (stages.at(-1)?.canScore === true) {
    const score = { buffer: logProb, start: 0, validRows: rows, isLoss: false };
    stagesForward(plan, model, stages, { ...run, score });
    return;
  }
  stagesForward(plan, model, stages, run);
  base.room.mean?.shift(plan, base, { rows, sign: -1, target: STATE });
  addLogProb(plan, base, { rows, sign: 1, state: STATE, logDet: LOG_DET, logProb });
}

/** Declares the rows' buffers and the nets' parameters, once per plan: training updates them at its end. */
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
