/** Random flows of small images, with several levels. */
import * as fc from 'fast-check';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { Activation } from '../../src/model/activation.ts';
import type { ImageShape } from '../../src/model/image.ts';
import { imageFeatures } from '../../src/model/image.ts';
import type { ScaleMap } from '../../src/model/scaleMap.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { randomParameters } from './randomSpecs.ts';
import type { RandomFlow } from './randomSpecs.ts';

interface Range {
  activations?: readonly Activation[];
  /** The most context features. Default 0. */
  maxContext?: number;
}

const SMOOTH_SCALES: ScaleMap[] = [{ map: 'exp' }, { map: 'tanh', bound: 1 }, { map: 'sigmoid' }];

/**
 * Images of 1 or 3 channels, 2 to 6 pixels a side. Up to two levels: couplings on a checkerboard, then a squeeze and steps of
 * actnorm, 1 × 1 convolution and coupling on channels; between levels a split. Sides that cannot be halved have one level.
 */
export function randomImageSpecs({
  activations = ['identity', 'relu', 'tanh'],
  maxContext = 0,
}: Range = {}): fc.Arbitrary<FlowSpec> {
  const shape = fc.tuple(
    fc.constantFrom(1, 3),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 2, max: 6 }),
  );
  const start = fc.option(fc.constant<BijectorSpec>({ type: 'logit', alpha: 0.2, levels: 16 }));
  return fc.tuple(shape, fc.integer({ min: 0, max: maxContext }), start).chain(([image, contextDim, first]) =>
    levels(image, activations).map((bijectors): FlowSpec => ({
      version: 1,
      dim: imageFeatures(image),
      contextDim: bijectors.some((one) => 'conditioner' in one) ? contextDim : 0,
      image,
      base: { type: 'standard_normal' },
      bijectors: first === null ? bijectors : [first, ...bijectors],
    })),
  );
}

/** Such specs with parameters. */
export function randomImageFlows(range: Range = {}): fc.Arbitrary<RandomFlow> {
  return fc
    .tuple(randomImageSpecs(range), fc.integer({ min: 0, max: 2 ** 31 }))
    .map(([spec, seed]) => ({ spec, parameters: randomParameters(spec, seed) }));
}

function levels(
  [channels, height, width]: ImageShape,
  activations: readonly Activation[],
): fc.Arbitrary<BijectorSpec[]> {
  const checkerboards = fc.array(coupling('checkerboard', activations), { minLength: 1, maxLength: 2 });
  if (height % 2 === 1 || width % 2 === 1) return checkerboards;
  const inside = fc.array(step(activations), { minLength: 1, maxLength: 2 });
  const deeper = levels([2 * channels, height / 2, width / 2], activations);
  const next = deeper.map((bijectors): BijectorSpec[] => [
    { type: 'split', scale: { map: 'tanh', bound: 1 } },
    ...bijectors,
  ]);
  return fc
    .tuple(fc.option(checkerboards, { nil: [] }), inside, height * width === 4 ? fc.constant([]) : next)
    .map(([before, steps, after]): BijectorSpec[] => [
      ...before,
      { type: 'squeeze' },
      ...steps.flat(),
      ...after,
    ]);
}

function step(activations: readonly Activation[]): fc.Arbitrary<BijectorSpec[]> {
  return fc
    .tuple(fc.boolean(), fc.boolean(), coupling('channel', activations))
    .map(([hasScale, hasMix, last]) => [
      ...(hasScale ? [{ type: 'channel_actnorm' } as const] : []),
      ...(hasMix ? [{ type: 'conv_linear' } as const] : []),
      last,
    ]);
}

function coupling(
  mask: 'channel' | 'checkerboard',
  activations: readonly Activation[],
): fc.Arbitrary<BijectorSpec> {
  return fc
    .record({
      flip: fc.boolean(),
      scale: fc.option(fc.constantFrom(...SMOOTH_SCALES), { freq: 3 }),
      shiftFirst: fc.boolean(),
      conditioner: net(activations),
    })
    .map(({ flip, scale, shiftFirst, conditioner }) =>
      scale === null
        ? { type: 'conv_additive_coupling', mask, flip, conditioner }
        : { type: 'conv_affine_coupling', mask, flip, scale, shiftFirst, conditioner },
    );
}

function net(activations: readonly Activation[]): fc.Arbitrary<NetSpec> {
  const width = fc.integer({ min: 1, max: 5 });
  return fc
    .tuple(
      fc.oneof(
        fc.array(width, { minLength: 1, maxLength: 2 }).map((hidden) => ({ hidden })),
        fc.tuple(width, fc.integer({ min: 1, max: 2 })).map(([each, residualBlocks]) => ({
          hidden: [each],
          residualBlocks,
        })),
      ),
      fc.constantFrom(...activations),
    )
    .map(([shape, activation]) => ({ ...shape, activation, init: 'torch_linear' }));
}
