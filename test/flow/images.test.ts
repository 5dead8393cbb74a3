import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { bitsPerDimension, imageFeatures } from '../../src/model/image.ts';
import type { ImageShape } from '../../src/model/image.ts';
import { glowImage, IMAGE_PRESETS, realnvpImage } from '../../src/presets/index.ts';
import { uniforms } from '../../src/random.ts';
import { testOptions } from '../support/device.ts';

const IMAGE: ImageShape = [1, 4, 4];
const SMALL = { levels: 1, depth: 2, width: 8 };

/** Images that get brighter to the right or to the left, each with a noise of 8 levels. */
function slopes(count: number, seed: number): Float32Array {
  const draws = uniforms(seed, 0, count * 17);
  return Float32Array.from({ length: count * 16 }, (_, place) => {
    const [image, pixel] = [Math.floor(place / 16), place % 16];
    const slope = 40 * (2 * draws[image * 17]! - 1);
    return Math.floor(128 + slope * ((pixel % 4) - 1.5) + 8 * draws[image * 17 + 1 + pixel]!);
  });
}

describe('a flow of images', () => {
  it.each(['glow-image', 'realnvp-image'] as const)('learns slopes from the preset %s', async (name) => {
    using flow = await Flow.create(IMAGE_PRESETS[name], {
      image: IMAGE,
      ...SMALL,
      ...(await testOptions()),
      seed: 1,
    });
    expect(flow.spec.image).toEqual(IMAGE);
    const held = slopes(200, 2);
    const bits = async (): Promise<number> => {
      const widths = new Float32Array(held.length).fill(1);
      return bitsPerDimension(await flow.logProb(held, { widths, draws: 1 }), imageFeatures(IMAGE));
    };
    const before = await bits();
    // Whole numbers are the intervals of their pixels, without widths too; other numbers are points.
    const ones = new Float32Array(held.length).fill(1);
    expect(await flow.logProb(held)).toEqual(await flow.logProb(held, { widths: ones, draws: 1 }));
    const points = held.map((value) => value + 0.5);
    const none = new Float32Array(held.length);
    expect(await flow.logProb(points)).toEqual(await flow.logProb(points, { widths: none, draws: 1 }));
    for await (const { step } of flow.fit(slopes(2000, 1), { steps: 400, validation: false })) {
      expect(step).toBeLessThanOrEqual(400);
    }
    // Independent pixels would have log₂ 40 and log₂ 120 bits by turns, 6.1 on average. The noise alone has 3.
    expect(before).toBeGreaterThan(7);
    expect(await bits()).toBeLessThan(5.1);
    const samples = await flow.sample(50, { seed: 3 });
    expect(samples.length).toBe(50 * 16);
    expect(samples.every(Number.isFinite)).toBe(true);
    const { z } = await flow.forward(samples);
    expect((await flow.inverse(z)).x.every((value, i) => Math.abs(value - samples[i]!) < 0.5)).toBe(true);
  });

  it('draws each pixel from [n, n + 1) in training, so whole numbers need no noise of their own', async () => {
    const images = slopes(300, 1);
    using flow = await Flow.create(glowImage(IMAGE, SMALL), { ...(await testOptions()) });
    const given = new Float32Array(images.length).fill(1);
    const run = async (widths: { widths?: Float32Array }): Promise<number> => {
      using one = await flow.clone();
      let nll = NaN;
      for await (const report of one.fit(images, { steps: 3, batch: 64, validation: false, ...widths })) {
        nll = report.losses.at(-1) ?? nll;
      }
      return nll;
    };
    expect(await run({})).toBe(await run({ widths: given }));
    expect(await run({ widths: new Float32Array(images.length) })).not.toBe(await run({}));
  });
});

describe('the presets of images', () => {
  it.each<[ImageShape, number]>([
    [[1, 8, 8], 2],
    [[1, 14, 14], 1],
    [[3, 28, 28], 2],
    [[3, 32, 32], 3],
  ])('have %j in %i levels', (image, levels) => {
    for (const preset of [glowImage, realnvpImage]) {
      const { bijectors, dim } = preset(image);
      expect(bijectors.filter(({ type }) => type === 'squeeze')).toHaveLength(levels);
      expect(bijectors.filter(({ type }) => type === 'split')).toHaveLength(levels - 1);
      expect(dim).toBe(imageFeatures(image));
    }
  });

  it('refuse shapes that they cannot halve, and options that they do not know', async () => {
    const options = await testOptions();
    const create = (image: ImageShape, more: object = {}): Promise<Flow> =>
      Flow.create(IMAGE_PRESETS['glow-image'], { image, ...more, ...options });
    await expect(create([1, 5, 4])).rejects.toThrow(/squeeze of images of 1 × 5 × 4/);
    await expect(create([1, 4] as unknown as ImageShape)).rejects.toThrow(/glow-image: image: found 1,4/);
    await expect(create([1, 4, 4], { levels: 0 })).rejects.toThrow(/levels: found 0/);
  });
});
