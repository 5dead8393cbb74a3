import { describe, it } from 'vitest';
import { pieceBackwardInput, pieceUnitCount } from '../../../src/kernels/fused/piece_backward_input.ts';
import { pieceLineCount, pieceLines } from '../../../src/kernels/fused/piece_lines.ts';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { named, SINGLE_PIECE_STACKS, stackModel, tapeElements } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;

describe.each(named(SINGLE_PIECE_STACKS))('piece_backward_input of %s', (_name, shape) => {
  it.each([4, 68])('leaves what its twin leaves at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const tape = tapeElements(model, rows);
    for (const lanes of await lanesOf()) {
      const names = { stack, lanes, parameters: 'parameters', lines: 'lines' };
      const { gpu, twin } = await runBoth(
        [
          pieceLines({ ...names, first: 0, count: 1 }),
          pieceBackwardInput({
            ...names,
            rows,
            conditionStart: 1,
            conditions: 'conditions',
            dOutputs: 'd_outputs',
            dState: 'd_state',
            dUnits: 'd_units',
          }),
        ],
        {
          parameters,
          lines: pieceLineCount(stack, 1),
          conditions: ramp(rows, 1.5),
          d_outputs: ramp(tape.outputs, 0.5, 2),
          d_state: ramp(shape.dim * rows, 0.1, 4),
          d_units: pieceUnitCount(stack, rows),
        },
      );
      for (const name of ['d_state', 'd_units']) {
        expectNormClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), GRADIENT_BOUND);
      }
    }
  });
});
