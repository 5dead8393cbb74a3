import { describe, it } from 'vitest';
import { expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { runBoth } from '../harness.ts';
import { INPUTS, pieceCase } from './pieces.ts';
import { named, PIECE_STACKS, SINGLE_PIECE_STACKS } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
const shapes = named(PIECE_STACKS);

describe.each(shapes)('piece_sums of %s', (_name, shape) => {
  it.each([4, 68, 2048])('sums %i sorted rows as its twin does', async (rows) => {
    for (const lanes of await lanesOf()) {
      for (const inputs of INPUTS) {
        const { dispatches, contents } = pieceCase(shape, rows, inputs, lanes);
        const { gpu, twin } = await runBoth(dispatches.slice(1, 3), contents);
        for (const name of ['sums', 'gradients']) {
          expectNormClose(`${name} of ${inputs}, ${lanes} lanes`, gpu(name), twin(name), GRADIENT_BOUND);
        }
      }
    }
  });
});

describe.each(named(SINGLE_PIECE_STACKS))(
  'piece_sums of %s, given the gradients of its units,',
  (_name, shape) => {
    it.each([4, 68])('sums %i sorted rows as its twin does', async (rows) => {
      for (const lanes of await lanesOf()) {
        const { dispatches, contents } = pieceCase(shape, rows, 'spread', lanes, true);
        const { gpu, twin } = await runBoth(dispatches.slice(1, 3), contents);
        for (const name of ['gradients', 'sums']) {
          expectNormClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), GRADIENT_BOUND);
        }
      }
    });
  },
);
