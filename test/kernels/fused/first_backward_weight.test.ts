import { describe, it } from 'vitest';
import { firstBackwardWeight } from '../../../src/kernels/fused/first_backward_weight.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEP_STACKS, byLayers, named, stackModel, tapeElements, trainedFused } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(byLayers(trainedFused(DEEP_STACKS), true));

describe.each(shapes)('first_backward_weight of %s', (_name, shape) => {
  it.each([4, 68])('adds what its twin adds at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const { couplings } = shape;
    for (const lanes of await lanesOf()) {
      const { gpu, twin } = await runBoth(
        [
          firstBackwardWeight({
            stack,
            lanes,
            rows,
            first: 0,
            count: couplings,
            conditions: 'conditions',
            dFirst: 'd_first',
            gradients: 'gradients',
          }),
        ],
        {
          conditions: ramp(tapeElements(model, rows).conditions, 1.5),
          d_first: ramp(couplings * stack.netCount * (shape.hidden[0] ?? 0) * rows, 1, 5),
          gradients: ramp(parameters.length, 1, 7),
        },
      );
      expectNormClose(`gradients, ${lanes} lanes`, gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
    }
  });
});
