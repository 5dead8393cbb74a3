import { describe, expect, it } from 'vitest';
import { keptUnits } from '../../../src/kernels/fused/coupling_stack.ts';
import { upperBackwardInput } from '../../../src/kernels/fused/upper_backward_input.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import {
  DEEP_STACKS,
  DEEPER_STACKS,
  byLayers,
  named,
  stackModel,
  tapeElements,
  trainedFused,
} from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(trainedFused([...DEEPER_STACKS, ...byLayers(DEEP_STACKS, true)]));

describe.each(shapes)('upper_backward_input of %s', (_name, shape) => {
  it.each([4, 68])('leaves what its twin leaves at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const tape = tapeElements(model, rows);
    const { hidden, couplings } = shape;
    const middle = couplings * stack.netCount * (hidden.at(-2) ?? 0) * rows;
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
            firstLayer: { conditions: 'conditions', dFirst: 'd_first' },
          }),
        ],
        {
          parameters,
          conditions: ramp(tape.conditions, 1.5),
          d_outputs: ramp(tape.outputs, 0.5, 2),
          hiddens,
          d_first: middle,
        },
      );
      const name = hidden.length > 2 ? 'hiddens' : 'd_first';
      const [found, expected] = [gpu(name), twin(name)];
      expectNormClose(
        `gradients, ${lanes} lanes`,
        found.subarray(0, middle),
        expected.subarray(0, middle),
        GRADIENT_BOUND,
      );
      const kept = hidden.length > 2 ? middle : 0;
      expect(gpu('hiddens').subarray(kept), `other layers, ${lanes} lanes`).toEqual(hiddens.subarray(kept));
    }
  });
});
