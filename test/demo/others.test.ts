import { describe, expect, it } from 'vitest';
import { KINDS, othersSentence, picturesOfKinds } from '../../demo/images/others.ts';
import type { Kind } from '../../demo/images/others.ts';

const BITS: Record<Kind, number> = {
  digits: 2,
  upsideDown: 3,
  negative: 9,
  faint: 3,
  empty: 3,
  tame: 3,
  noise: 9,
};

describe('pictures of other kinds', () => {
  it('are made of digits', () => {
    const digit = Float32Array.from({ length: 64 }, (_, pixel) => (pixel < 8 ? 16 : 0));
    const kinds = picturesOfKinds(digit, digit, new Float32Array(64).fill(0.5));
    expect(Object.keys(kinds)).toEqual(Object.keys(KINDS));
    expect([...kinds.upsideDown].findIndex((value) => value > 0)).toBe(56);
    expect(kinds.negative[0]).toBe(0);
    expect(kinds.negative[63]).toBe(16);
    expect(kinds.faint[0]).toBe(4);
    expect(new Set(kinds.noise)).toEqual(new Set([8]));
    expect(new Set(kinds.empty)).toEqual(new Set([0]));
  });

  it('are said to be likelier than digits only if they are', () => {
    expect(othersSentence(BITS)).toMatch(/^Here all other kinds take more bits than digits/);
    expect(othersSentence({ ...BITS, empty: 1.9, tame: 1.8 })).toMatch(
      /^The model never saw empty pictures and the model’s own pictures of little variety, and yet/,
    );
  });
});
