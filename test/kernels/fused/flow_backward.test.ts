import { describe, it } from 'vitest';
import { keptUnits } from '../../../src/kernels/fused/coupling_stack.ts';
import { flowBackward } from '../../../src/kernels/fused/flow_backward.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import {
  DEEP_STACKS,
  DEEPER_STACKS,
  named,
  stackModel,
  STACKS,
  tapeElements,
  trainedFused,
} from './stacks.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;
const shapes = named(trainedFused([...STACKS, ...DEEP_STACKS, ...DEEPER_STACKS]));

describe.each(shapes)('flow_backward through %s', (_name, shape) => {
  it.each([
    [4, false],
    [68, false],
    [68, true],
  ])('matches its twin at %i rows, stored %s, with and without subgroups', async (rows, stored) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const { dim, contextDim, couplings } = shape;
    const tape = tapeElements(model, rows);
    const upper = stored ? 0 : keptUnits(stack, couplings);
    for (const lanes of await lanesOf()) {
      const { gpu, twin } = await runBoth(
        [
          flowBackward({
            stack,
            lanes,
            rows,
            first: 0,
            count: couplings,
            validRows: rows - 3,
            dLogDet: -1 / rows,
            parameters: 'parameters',
            state: 'state',
            dState: 'd_state',
            conditions: 'conditions',
            dOutputs: 'd_outputs',
            isTaped: stored,
            context: 'context',
            ...(upper > 0 ? { hiddens: 'hiddens' } : {}),
          }),
        ],
        {
          parameters,
          state: ramp(dim * rows, 1.5),
          d_state: ramp(dim * rows, 0.1, 4),
          conditions: tape.conditions + tape.mixed,
          d_outputs: ramp(tape.outputs + tape.jacobians, 1, 2),
          context: ramp(Math.max(1, contextDim) * rows, 1, 6),
          hiddens: Math.max(1, upper * rows),
        },
      );
      for (const name of ['state', 'conditions', 'hiddens']) {
        expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
      }
      for (const name of ['d_state', 'd_outputs']) {
        expectNormClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), GRADIENT_BOUND);
      }
    }
  });
});
