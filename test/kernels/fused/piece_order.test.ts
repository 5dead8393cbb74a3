import { describe, expect, it } from 'vitest';
import { lanesOf } from '../../support/device.ts';
import { runBoth } from '../harness.ts';
import { INPUTS, pieceCase } from './pieces.ts';
import { named, PIECE_STACKS } from './stacks.ts';

const shapes = named(PIECE_STACKS);

describe.each(shapes)('piece_order of %s', (_name, shape) => {
  it.each([4, 68, 2048])('sorts %i rows as its twin does, with equal inputs too', async (rows) => {
    for (const lanes of await lanesOf()) {
      for (const inputs of INPUTS) {
        const { dispatches, contents } = pieceCase(shape, rows, inputs, lanes);
        const { gpu, twin } = await runBoth(dispatches.slice(1, 2), contents);
        for (const name of ['pieces', 'order', 'ends']) {
          expect(gpu(name), `${name} of ${inputs}, ${lanes} lanes`).toEqual(twin(name));
        }
        const order = Array.from(gpu('order').subarray(0, rows)).sort((a, b) => a - b);
        expect(order).toEqual(order.map((_, index) => index));
      }
    }
  });
});
