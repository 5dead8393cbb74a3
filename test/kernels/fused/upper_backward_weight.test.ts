import { describe, it } from 'vitest';
import { keptUnits } from '../../../src/kernels/fused/coupling_stack.ts';
import { upperBackwardWeight } from '../../../src/kernels/fused/upper_backward_weight.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEPER_STACKS, named, stackModel, tapeElements, trainedFused } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(trainedFused(DEEPER_STACKS));

describe.each(shapes)('upper_backward_weight of %s', (_name, shape) => {
  it.each([4, 68])('adds what its twin adds at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const tape = tapeElements(model, rows);
    const { couplings } = shape;
    for (const lanes of await lanesOf()) {
      const { gpu, twin } = await runBoth(
        [
          upperBackwardWeight({
            stack,
            lanes,
            rows,
            first: 0,
            count: couplings,
            parameters: 'parameters',
            dOutputs: 'd_outputs',
            hiddens: 'hiddens',
            gradients: 'gradients',
          }),
        ],
        {
          parameters,
          d_outputs: ramp(tape.outputs, 0.5, 2),
          hiddens: ramp(keptUnits(stack, couplings) * rows, 1, 5),
          gradients: ramp(parameters.length, 1, 7),
        },
      );
      expectNormClose(`gradients, ${lanes} lanes`, gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
    }
  });
});
