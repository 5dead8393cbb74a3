import { describe, it } from 'vitest';
import { mixBackwardWeight } from '../../../src/kernels/fused/mix_backward_weight.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEP_STACKS, named, stackModel, STACKS, tapeElements } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named([...STACKS, ...DEEP_STACKS].filter(({ mix }) => mix));

describe.each(shapes)('mix_backward_weight of %s', (_name, shape) => {
  it.each([4, 68])('adds what its twin adds at %i rows', async (rows) => {
    const model = stackModel(shape);
    const tape = tapeElements(model, rows);
    const names = { parameters: 'parameters', conditions: 'conditions', gradients: 'gradients' };
    const { gpu, twin } = await runBoth(
      [
        mixBackwardWeight({
          ...names,
          stack: model.stack,
          rows,
          first: 0,
          count: shape.couplings,
          validRows: rows - 3,
          dLogDet: -1 / rows,
        }),
      ],
      {
        parameters: model.parameters,
        conditions: ramp(tape.conditions + tape.mixed, 1.5),
        gradients: ramp(model.parameters.length, 1, 7),
      },
    );
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
  });
});
