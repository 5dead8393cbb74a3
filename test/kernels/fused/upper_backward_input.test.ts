import { describe, expect, it } from 'vitest';
import { keptUnits } from '../../../src/kernels/fused/coupling_stack.ts';
import { upperBackwardInput } from '../../../src/kernels/fused/upper_backward_input.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEPER_STACKS, named, stackModel, trainedFused } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(trainedFused(DEEPER_STACKS));

describe.each(shapes)('upper_backward_input of %s', (_name, shape) => {
  it.each([4, 68])('leaves what its twin leaves at %i rows, with and without subgroups', async (rows) => {
    const { stack, parameters } = stackModel(shape);
    const { dim, split, hidden, couplings } = shape;
    const middle = couplings * stack.netCount * (hidden[1] ?? 0) * rows;
    const hiddens = ramp(keptUnits(stack, couplings) * rows, 1, 5);
    for (const lanes of await lanesOf()) {
      const { gpu, twin } = await runBoth(
        [
          upperBackwardInput({
            stack,
            lanes,
            rows,
            first: 0,
            count: couplings,
            parameters: 'parameters',
            dOutputs: 'd_outputs',
            hiddens: 'hiddens',
          }),
        ],
        { parameters, d_outputs: ramp(2 * couplings * (dim - split) * rows, 0.5, 2), hiddens },
      );
      const [found, expected] = [gpu('hiddens'), twin('hiddens')];
      expectNormClose(
        `gradients, ${lanes} lanes`,
        found.subarray(0, middle),
        expected.subarray(0, middle),
        GRADIENT_BOUND,
      );
      expect(found.subarray(middle), `the last layers, ${lanes} lanes`).toEqual(hiddens.subarray(middle));
    }
  });
});
