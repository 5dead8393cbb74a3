import { describe, it } from 'vitest';
import { keptUnits } from '../../../src/kernels/fused/coupling_stack.ts';
import { deepBackwardWeight, deepPartials } from '../../../src/kernels/fused/deep_backward_weight.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEP_STACKS, DEEPER_STACKS, named, stackModel, tapeElements, trainedFused } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(trainedFused([...DEEP_STACKS, ...DEEPER_STACKS]));

describe.each(shapes)('deep_backward_weight of %s', (_name, shape) => {
  it.each([4, 68])('adds what its twin adds at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const tape = tapeElements(model, rows);
    const { couplings } = shape;
    for (const lanes of await lanesOf()) {
      const { gpu, twin } = await runBoth(
        [
          deepBackwardWeight({
            stack,
            lanes,
            rows,
            first: 0,
            count: couplings,
            parameters: 'parameters',
            conditions: 'conditions',
            dOutputs: 'd_outputs',
            hiddens: 'hiddens',
            gradients: 'gradients',
            partials: 'partials',
          }),
        ],
        {
          parameters,
          conditions: ramp(tape.conditions, 1.5),
          d_outputs: ramp(tape.outputs, 0.5, 2),
          hiddens: ramp(keptUnits(stack, couplings) * rows, 1, 5),
          gradients: ramp(parameters.length, 1, 7),
          partials: Math.max(1, deepPartials(stack, couplings)),
        },
      );
      for (const name of ['gradients', 'partials']) {
        expectNormClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), GRADIENT_BOUND);
      }
    }
  });
});
