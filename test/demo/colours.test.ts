import { describe, expect, it } from 'vitest';
import { distance, labOf, mix, packed, paletteOf, rgbOf } from '../../demo/engine/pictures/colours.ts';

describe('OKLab', () => {
  it('has white at lightness 1, and a red as published', () => {
    expectNear(labOf([1, 1, 1]), [1, 0, 0]);
    expectNear(labOf([1, 0, 0]), [0.628, 0.225, 0.126]);
  });

  it('comes back as the colour it was', () => {
    for (const colour of [[0.2, 0.4, 0.9] as const, [0, 0, 0] as const, [1, 0.5, 0.1] as const]) {
      expectNear(rgbOf(labOf(colour)), colour);
      expectNear(mix(colour, [1, 1, 1], 0), colour);
    }
  });
});

describe.each(['light', 'dark'] as const)('the %s palette', (theme) => {
  const { ramp, background, data, model, ink } = paletteOf(theme);
  const labs = ramp.map(labOf);

  it('begins its ramp with the background, so that no density is nothing', () => {
    expect(distance(labs[0]!, labOf(background))).toBeLessThan(0.02);
  });

  it('has a ramp whose steps all look equal', () => {
    const steps = labs.slice(1).map((lab, index) => distance(labs[index]!, lab));
    const mean = steps.reduce((a, b) => a + b, 0) / steps.length;
    expect(Math.max(...steps) / mean).toBeLessThan(1.2);
    expect(Math.min(...steps) / mean).toBeGreaterThan(0.8);
  });

  it('has a ramp that goes one way in lightness, so that it can be read in grey', () => {
    const sign = theme === 'light' ? -1 : 1;
    const rises = labs.slice(1).map((lab, index) => sign * (lab[0] - labs[index]![0]));
    expect(Math.min(...rises)).toBeGreaterThan(0);
    expect(sign * (labs.at(-1)![0] - labs[0]![0])).toBeGreaterThan(0.5);
  });

  it('has lines and points that stand out from the background', () => {
    for (const colour of [data, model, ink]) {
      expect(Math.abs(labOf(colour)[0] - labOf(background)[0])).toBeGreaterThan(0.35);
    }
  });
});

it('packs red into the lowest byte', () => {
  expect(packed([1, 0.5, 0], 1)).toBe(0xff0080ff);
  expect(packed([2, -1, 0], 0)).toBe(0x000000ff);
});

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expected.forEach((value, index) => expect(found[index]).toBeCloseTo(value, 2));
}
