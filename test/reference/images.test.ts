import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelActnorm,
  convAdditiveCoupling,
  convAffineCoupling,
  convLinear,
  split,
  squeeze,
} from '../../src/bijectors/index.ts';
import type { Mask } from '../../src/bijectors/imageCoupling.ts';
import type { ImageShape } from '../../src/model/image.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { stack } from '../../src/spec/stack.ts';
import type { GivenBijector } from '../../src/spec/stack.ts';
import { expectClose } from '../support/compare.ts';
import { stepFor } from '../support/differences.ts';
import { checkEveryTensor, checkLogDet } from '../support/flowDifferences.ts';
import { randomImageFlows } from '../support/imageSpecs.ts';
import { randomContext, randomParameters, randomRows, SMOOTH } from '../support/randomSpecs.ts';

const NET: NetSpec = { hidden: [3], activation: 'tanh', init: 'torch_linear' };

function flowOf(image: ImageShape, bijectors: GivenBijector[], parameters: number[] = []): ReferenceFlow {
  const spec = stack(bijectors, { image });
  return new ReferenceFlow(spec, parameters.length > 0 ? parameters : randomParameters(spec, 3));
}

describe('the f64 twin of an image flow', () => {
  it('squeezes squares of pixels to channels, row by row of the square, channel after channel', () => {
    const flow = flowOf([2, 2, 4], [squeeze()]);
    const x = Float64Array.from({ length: 16 }, (_, i) => i);
    const { z, logDet } = flow.forward(x);
    // Channel 0 is 0 to 7, in rows 0 to 3 and 4 to 7: its squares are [0 1 4 5] and [2 3 6 7].
    expect([...z]).toEqual([0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]);
    expect(logDet[0]).toBe(0);
    expect(flow.inverse(z).x).toEqual(x);
  });

  it('convolves with zeros around the image', () => {
    // One hidden channel with the identity: t = W₂ * (W₁ * x₁), where W₁ keeps the pixel and W₂ is 1 to 9.
    const centre = [0, 0, 0, 0, 1, 0, 0, 0, 0];
    const coupling = convAdditiveCoupling({ conditioner: { ...NET, hidden: [1], activation: 'identity' } });
    const flow = flowOf([2, 2, 2], [coupling], [...centre, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const { z } = flow.forward([1, 10, 100, 1000, 0, 0, 0, 0]);
    // The top left pixel sees itself by weight 5, its right neighbour by 6, the ones below by 8 and 9.
    expect([...z].slice(4)).toEqual([
      5 + 60 + 800 + 9000 + 10,
      4 + 50 + 700 + 8000 + 10,
      2 + 30 + 500 + 6000 + 10,
      1 + 20 + 400 + 5000 + 10,
    ]);
  });

  it('mixes and scales the channels of each pixel, with the log-det of all pixels', () => {
    const parameters = [3, 5, Math.log(2), 0, 1, 0];
    const flow = flowOf([2, 1, 3], [convLinear()], parameters);
    const { z, logDet } = flow.forward([1, 2, 3, 10, 20, 30]);
    expectClose('z', z, [166, 332, 498, 52, 104, 156], 1e-14);
    expect(logDet[0]).toBeCloseTo(3 * Math.log(2), 14);
    // bias, log_scale, initialised
    const scaled = flowOf([2, 1, 2], [channelActnorm()], [1, -1, 0, Math.log(3), 1]);
    expectClose('z', scaled.forward([1, 2, 3, 4]).z, [2, 3, 6, 9], 1e-14);
    expect(scaled.forward([1, 2, 3, 4]).logDet[0]).toBeCloseTo(2 * Math.log(3), 14);
  });

  it('transforms the pixels of one colour of a checkerboard, from those of the other alone', () => {
    for (const flip of [false, true]) {
      const flow = flowOf([1, 3, 3], [convAffineCoupling({ mask: 'checkerboard', flip, conditioner: NET })]);
      const x = randomRows(1, 9);
      const { z } = flow.forward(x);
      const isConditioning = (pixel: number): boolean => (pixel % 2 === 1) === flip;
      x.forEach((value, pixel) => expect(z[pixel] === value).toBe(isConditioning(pixel)));
      // Other transformed pixels do not matter.
      const moved = x.map((value, pixel) => (isConditioning(pixel) || pixel < 3 ? value : value + 1));
      const other = flow.forward(moved).z;
      for (const pixel of [0, 1, 2]) expect(other[pixel]).toBe(z[pixel]);
    }
  });

  it('leaves half of the channels at a split: later bijectors do not see them, and latents come coarsest first', () => {
    const flow = flowOf([1, 4, 4], [squeeze(), split(), squeeze(), convAffineCoupling({ conditioner: NET })]);
    const first = stack([squeeze(), split()], { image: [1, 4, 4] });
    const level = new ReferenceFlow(first, flow.parameters.slice(0, paramLayout(first).length));
    const x = randomRows(1, 16);
    const { z } = flow.forward(x);
    // What left stays as the split left it, and the rest is mapped further.
    const left = level.forward(x).z;
    expect(z.slice(8)).toEqual(left.slice(8));
    expect(z.slice(0, 8)).not.toEqual(left.slice(0, 8));
    // Rows 1 and 3 of the image are channels 2 and 3, which left: they do not matter to the others.
    const moved = x.map((value, pixel) => (pixel >= 4 && pixel < 8 ? value + 1 : value));
    expect(flow.forward(moved).z.slice(0, 8)).toEqual(z.slice(0, 8));
  });

  it('predicts the mean and spread of what leaves at a split', () => {
    // −μ = 7, s = log 2 with the exponential scale: biases alone.
    const parameters = [...Array.from({ length: 18 }, () => 0), Math.log(2), 7];
    const flow = flowOf([2, 1, 1], [split({ scale: { map: 'exp' } })], parameters);
    const { z, logDet } = flow.forward([5, 1]);
    expectClose('z', z, [5, 2 * (1 + 7)], 1e-14);
    expect(logDet[0]).toBeCloseTo(Math.log(2), 14);
  });

  it('reads the labels in the first layer of each net, the same at all pixels', () => {
    const conditioner = { ...NET, hidden: [1], activation: 'identity' as const };
    const spec = stack([convAdditiveCoupling({ conditioner })], { image: [2, 1, 2], contextDim: 2 });
    // h = 3 c₁ + 5 c₂; t is h at the pixel.
    const first = [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 0];
    const flow = new ReferenceFlow(spec, [...first, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect([...flow.forward([1, 2, 0, 0], [1, 10]).z]).toEqual([1, 2, 53, 53]);
  });

  it.each<[Mask['mask'], string, Partial<NetSpec>]>([
    ['channel', 'plain', { hidden: [3, 2] }],
    ['channel', 'residual', { hidden: [2], residualBlocks: 1 }],
    ['checkerboard', 'plain', { hidden: [3] }],
    ['checkerboard', 'residual', { hidden: [2], residualBlocks: 2 }],
  ])('has the gradients of central differences: %s, %s net', (mask, _, shape) => {
    const conditioner = { ...NET, ...shape };
    const couplings = [
      convAffineCoupling({ mask, conditioner }),
      convAdditiveCoupling({ mask, flip: true, conditioner }),
      convAffineCoupling({ mask, shiftFirst: true, scale: { map: 'exp' }, conditioner }),
    ];
    checkEveryTensor(stack(couplings, { image: [3, 3, 2], contextDim: 2 }), 3);
  });

  it('has the gradients of central differences with several levels', () => {
    const steps = [channelActnorm(), convLinear(), convAffineCoupling({ conditioner: NET })];
    const levels = [squeeze(), ...steps, split(), squeeze(), ...steps, split({ scale: { map: 'exp' } })];
    checkEveryTensor(stack([...levels, ...steps], { image: [1, 4, 4] }), 3);
  });

  it('undoes forward by inverse, and has the log-det of its numeric Jacobian, for random flows', () => {
    fc.assert(
      fc.property(randomImageFlows({ activations: SMOOTH, maxContext: 3 }), ({ spec, parameters }) => {
        const flow = new ReferenceFlow(spec, parameters);
        const x = randomRows(3, spec.dim);
        const context = randomContext(spec, 3);
        const { z, logDet } = flow.forward(x, context);
        const back = flow.inverse(z, context);
        expectClose('inverse(forward(x))', back.x, x, 1e-9);
        expectClose(
          'log-det of the inverse',
          back.logDet,
          logDet.map((value) => -value),
          1e-9,
        );
        checkLogDet(spec, parameters, stepFor(spec));
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});

describe('the spec of an image flow', () => {
  it.each<[string, ImageShape, GivenBijector[], RegExp]>([
    [
      'odd sides',
      [1, 5, 4],
      [squeeze()],
      /squeeze of images of 1 × 5 × 4, expected an even height and width/,
    ],
    [
      'sides that are odd after a squeeze',
      [1, 6, 4],
      [squeeze(), squeeze()],
      /spec\.bijectors\[1\].*4 × 3 × 2, expected an even/,
    ],
    [
      'an odd number of channels',
      [3, 4, 4],
      [split()],
      /split of images of 3 × 4 × 4, expected an even number/,
    ],
    ['a single channel to mix', [1, 4, 4], [convLinear()], /at least 2 channels\. Put a squeeze before it/],
    [
      'a single channel to mask',
      [1, 4, 4],
      [convAffineCoupling()],
      /mask: found channel .* at least 2 channels/,
    ],
    [
      'a bijector of all features after a split',
      [2, 4, 4],
      [split(), { type: 'actnorm' }],
      /\[1\]\.type: found actnorm, expected a bijector on images after a split/,
    ],
  ])('refuses %s', (_, image, bijectors, message) => {
    expect(() => stack(bijectors, { image })).toThrow(message);
  });

  it('refuses images of another size than the rows, and bijectors on images without a shape', () => {
    expect(() => stack([squeeze()], { dim: 15, image: [1, 4, 4] })).toThrow(
      /spec\.dim: found 15, expected 16, as images of 1 × 4 × 4/,
    );
    expect(() => stack([squeeze()], { dim: 16 })).toThrow(/image: \[C, H, W\]/);
  });
});
