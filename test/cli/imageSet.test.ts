import { describe, expect, it } from 'vitest';
import { imageSet } from '../../src/cli/images/imageSet.ts';
import { nearestRows } from '../../src/cli/images/nearest.ts';
import type { Images } from '../../src/data/images/images.ts';

/** Images of one row of three pixels, each with its own number in the middle. */
function numbered(count: number): Images {
  return {
    shape: [1, 1, 3],
    pixels: Uint8Array.from(
      { length: 3 * count },
      (_, place) => [7, Math.floor(place / 3), 200][place % 3] ?? 0,
    ),
  };
}

const OPTIONS = {
  modelShape: undefined,
  modelContext: undefined,
  modelHeldOut: undefined,
  seed: 1,
  signal: new AbortController().signal,
};

describe('the training images', () => {
  it('have left and right swapped in their mirror images', async () => {
    const { data } = await imageSet('f', numbered(2), { ...OPTIONS, mirror: true, val: 'none' });
    expect(Array.from(data as Float32Array)).toEqual([7, 0, 200, 7, 1, 200, 200, 0, 7, 200, 1, 7]);
  });

  it('never include the mirror image of one that is held out', async () => {
    const set = await imageSet('f', numbered(50), { ...OPTIONS, mirror: true, val: '0.2' });
    const numbers = (rows: ArrayLike<number>): number[] =>
      Array.from(rows).filter((_, place) => place % 3 === 1);
    const held = new Set(numbers(set.validation!));
    expect(held.size).toBe(10);
    expect(numbers(set.data as Float32Array)).toHaveLength(80);
    expect(numbers(set.data as Float32Array).filter((number) => held.has(number))).toEqual([]);
  });

  it('are told which is the nearest to a picture', () => {
    const { shape, pixels } = numbered(5);
    const asked = { shape, pixels: Uint8Array.of(7, 3, 200, 7, 1, 199) };
    expect(nearestRows(asked, Float32Array.from(pixels))).toEqual([3, 1]);
  });
});
