/** z = P L (U + diag) x: Glow's 1 × 1 convolution for vectors. */
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense/dense_backward_weight.ts';
import { linearBackward } from '../kernels/linear/linear_backward.ts';
import { linearForward } from '../kernels/linear/linear_forward.ts';
import type { LinearArguments } from '../kernels/linear/linear_forward.ts';
import { linearInverse } from '../kernels/linear/linear_inverse.ts';
import { linearWeightReduce } from '../kernels/linear/linear_weight_reduce.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import type { DenseSlots } from '../model/tensors.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import {
  D_LINEAR_INNER,
  D_LINEAR_OUTER,
  D_STATE,
  GRADIENTS,
  LINEAR_INNER,
  LOG_DET,
  PARAMETERS,
  SCRATCH,
  STATE,
  WEIGHT_PARTIALS,
} from '../plan/names.ts';
import type { BijectorSteps, MapPass } from './bijector.ts';

type Slots = BijectorSlots & { type: 'invertible_linear' };

export const invertibleLinearSteps: BijectorSteps<Slots> = {
  preservesVolume: false,

  forward(plan, slots, pass) {
    plan.add(linearForward(argumentsOf(plan, slots, pass)));
  },

  inverse(plan, slots, pass) {
    plan.add(linearInverse(argumentsOf(plan, slots, pass)));
  },

  backward(plan, slots, { dim, rows, validRows, dLogDet }) {
    plan.add(
      linearBackward({
        rows,
        slots,
        parameters: PARAMETERS,
        state: STATE,
        dState: D_STATE,
        inner: plan.buffer(LINEAR_INNER, dim * rows),
        dOuter: plan.buffer(D_LINEAR_OUTER, dim * rows),
        dInner: plan.buffer(D_LINEAR_INNER, dim * rows),
      }),
    );
    // L maps `inner` and U maps x, so their gradients are products like a layer's; half of each is of use.
    for (const { triangle, dOutput, input } of [
      { triangle: 'lower', dOutput: D_LINEAR_OUTER, input: LINEAR_INNER },
      { triangle: 'upper', dOutput: D_LINEAR_INNER, input: STATE },
    ] as const) {
      const layer: DenseSlots = {
        inputs: dim,
        outputs: dim,
        weight: slots[triangle],
        bias: slots.logDiagonal,
      };
      const slices = rowSlices(layer);
      const partials = plan.buffer(WEIGHT_PARTIALS, slices * weightElements(layer));
      plan.add(
        denseBackwardWeight({ rows, layer, dOutput, outputStart: 0, input, inputStart: 0, partials }),
        linearWeightReduce({
          slices,
          slots,
          triangle,
          dLogDet: validRows * dLogDet,
          partials,
          parameters: PARAMETERS,
          gradients: GRADIENTS,
        }),
      );
    }
  },
};

function argumentsOf(plan: PlanBuilder, slots: Slots, { dim, rows, accumulate }: MapPass): LinearArguments {
  return {
    rows,
    slots,
    accumulate,
    parameters: PARAMETERS,
    state: STATE,
    scratch: plan.buffer(SCRATCH, dim * rows),
    logDet: LOG_DET,
  };
}
