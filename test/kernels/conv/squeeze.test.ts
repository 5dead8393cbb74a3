import { describe, expect, it } from 'vitest';
import { squeeze } from '../../../src/kernels/conv/squeeze.ts';
import type { ImageShape } from '../../../src/model/image.ts';
import { imageFeatures } from '../../../src/model/image.ts';
import { ramp, runBoth } from '../harness.ts';

const SHAPES: [number, ImageShape][] = [
  [4, [1, 2, 2]],
  [12, [3, 6, 4]],
  [68, [2, 2, 10]],
];

describe('squeeze', () => {
  it.each(SHAPES)('moves what its twin moves, and back, at %i rows of %j', async (rows, image) => {
    const state = ramp(rows * (imageFeatures(image) + 1));
    const common = { rows, image, state: 'state', scratch: 'scratch' };
    const buffers = { state, scratch: state.length };
    const there = squeeze({ ...common, inverse: false });
    const { gpu, twin } = await runBoth(there, buffers);
    expect([...gpu('state')]).toEqual([...twin('state')]);
    const both = await runBoth([...there, ...squeeze({ ...common, inverse: true })], buffers);
    expect(both.gpu('state')).toEqual(state);
  });
});
