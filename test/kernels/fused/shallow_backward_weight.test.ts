import { describe, it } from 'vitest';
import { shallowBackwardWeight } from '../../../src/kernels/fused/shallow_backward_weight.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { named, stackModel, STACKS, tapeElements, trainedFused } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(trainedFused(STACKS));

describe.each(shapes)('shallow_backward_weight of %s', (_name, shape) => {
  it.each([4, 68])('adds what its twin adds at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const tape = tapeElements(model, rows);
    const { couplings } = shape;
    for (const lanes of await lanesOf()) {
      const { gpu, twin } = await runBoth(
        [
          shallowBackwardWeight({
            stack,
            lanes,
            rows,
            first: 0,
            count: couplings,
            parameters: 'parameters',
            conditions: 'conditions',
            dOutputs: 'd_outputs',
            gradients: 'gradients',
          }),
        ],
        {
          parameters,
          conditions: ramp(tape.conditions, 1.5),
          d_outputs: ramp(tape.outputs, 0.5, 2),
          gradients: ramp(parameters.length, 1, 7),
        },
      );
      expectNormClose(`gradients, ${lanes} lanes`, gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
    }
  });
});
