import { describe, it } from 'vitest';
import { pieceForward } from '../../../src/kernels/fused/piece_forward.ts';
import { pieceLineCount, pieceLines } from '../../../src/kernels/fused/piece_lines.ts';
import { expectClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { named, SINGLE_PIECE_STACKS, stackModel, tapeElements } from './stacks.ts';

const F32_BOUND = 1e-5;

describe.each(named(SINGLE_PIECE_STACKS))('piece_forward of %s', (_name, shape) => {
  it.each([4, 68])('leaves what its twin leaves at %i rows, with and without subgroups', async (rows) => {
    const model = stackModel(shape);
    const { stack, parameters } = model;
    const tape = tapeElements(model, rows);
    for (const lanes of await lanesOf()) {
      const names = { stack, lanes, parameters: 'parameters', lines: 'lines' };
      const { gpu, twin } = await runBoth(
        [
          pieceLines({ ...names, first: 0, count: 1 }),
          pieceForward({
            ...names,
            rows,
            conditionStart: 1,
            state: 'state',
            conditions: 'conditions',
            outputs: 'outputs',
          }),
        ],
        {
          parameters,
          lines: pieceLineCount(stack, 1),
          state: ramp(shape.dim * rows, 1.5),
          conditions: rows,
          outputs: tape.outputs,
        },
      );
      for (const name of ['conditions', 'outputs']) {
        expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
      }
    }
  });
});
