/** z = spline(x) with a monotone rational-quadratic spline of its own for each feature of a block, learned without a net. */
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import { rowGradientReduce } from '../kernels/optimize/row_gradient_reduce.ts';
import { rationalQuadraticBackward } from '../kernels/spline/rational_quadratic_backward.ts';
import { rationalQuadratic } from '../kernels/spline/rational_quadratic.ts';
import type { SplineNumbers } from '../kernels/spline/rational_quadratic.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { splineBlock } from '../spec/spec.ts';
import { D_SPLINE_RAW, D_STATE, GRADIENTS, LOG_DET, LOG_SCALE, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps, MapPass, Pass } from './bijector.ts';

type Slots = BijectorSlots & { type: 'rational_quadratic_elementwise' };

export const splineElementwiseSteps: BijectorSteps<Slots> = {
  preservesVolume: false,

  forward(plan, slots, { keptRows, ...pass }) {
    const numbers = numbersOf(slots, pass);
    const { rows, blocks } = numbers;
    const keptX = keptRows && plan.buffer(keptRows, blocks.transformCount * rows);
    plan.add(
      rationalQuadratic({
        ...numbers,
        inverse: false,
        keptX,
        state: STATE,
        logScale: logScaleOf(plan, numbers),
      }),
    );
    addLogDet(plan, numbers, pass, 1);
  },

  inverse(plan, slots, pass) {
    const numbers = numbersOf(slots, pass);
    plan.add(
      rationalQuadratic({ ...numbers, inverse: true, state: STATE, logScale: logScaleOf(plan, numbers) }),
    );
    addLogDet(plan, numbers, pass, -1);
  },

  backward(plan, slots, pass) {
    const { rows, validRows, dLogDet, keptRows: keptX } = pass;
    const dRaw = plan.buffer(D_SPLINE_RAW, slots.raw.length * rows);
    const numbers = numbersOf(slots, pass);
    plan.add(
      rationalQuadraticBackward({
        ...numbers,
        validRows,
        dLogDet,
        keptX,
        state: STATE,
        dState: D_STATE,
        dRaw,
      }),
      rowGradientReduce({ rows, validRows, tensor: slots.raw, dRows: dRaw, gradients: GRADIENTS }),
    );
  },
};

function numbersOf({ spec, raw }: Slots, { dim, rows }: Pass): SplineNumbers {
  const { bins, bound } = spec;
  const { start, count } = splineBlock(dim, spec);
  const blocks = { transformStart: start, transformCount: count };
  return { rows, blocks, bins, bound, raw: PARAMETERS, shared: raw };
}

function logScaleOf(plan: PlanBuilder, { rows, blocks }: SplineNumbers): string {
  return plan.buffer(LOG_SCALE, blocks.transformCount * rows);
}

function addLogDet(
  plan: PlanBuilder,
  { rows, blocks }: SplineNumbers,
  { accumulate }: MapPass,
  sign: 1 | -1,
): void {
  const features = blocks.transformCount;
  plan.add(logDetReduce({ rows, features, sign, accumulate, logScale: LOG_SCALE, logDet: LOG_DET }));
}
