/** Runs the flow's map one bijector at a time and records the rows after each. */
import { traceRecord } from '../kernels/data/trace_record.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { declareState, flowInverse, stagesForward } from './forward.ts';
import { stagesOf } from './stages.ts';
import type { FlowModel } from '../spec/layout.ts';
import { LOG_DET, STATE, TRACE_LOG_DETS, TRACE_STATES } from '../plan/names.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';

export const DIRECTIONS = ['forward', 'inverse'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/**
 * The plan of `flow.trace`. STATE goes from x to z, or back. TRACE_STATES receives the rows before the first
 * bijector and after each; TRACE_LOG_DETS the log-det of each bijector alone, in the order in which they run.
 */
export function tracePlan(
  model: FlowModel,
  count: number,
  direction: Direction,
  variants = PLAIN_VARIANTS,
): Plan {
  const { spec, layout } = model;
  const rows = paddedRows(count);
  const plan = new PlanBuilder(`trace_${direction}`);
  declareState(plan, model, { rows, variants });
  const inOrder = direction === 'forward' ? layout.bijectors : layout.bijectors.toReversed();
  const states = plan.buffer(TRACE_STATES, (inOrder.length + 1) * spec.dim * rows);
  const logDets = plan.buffer(TRACE_LOG_DETS, inOrder.length * rows);
  const record = (place: number): void => {
    plan.add(
      traceRecord({ rows, features: spec.dim, place, state: STATE, logDet: LOG_DET, states, logDets }),
    );
  };
  record(0);
  inOrder.forEach((slots, index) => {
    const alone = { spec, layout: { ...layout, bijectors: [slots] } };
    if (direction === 'forward') {
      stagesForward(plan, alone, stagesOf(alone, variants, false), { rows, variants });
    } else flowInverse(plan, alone, { rows, variants });
    record(index + 1);
  });
  return plan.build();
}
