/** Tensors and feature blocks for single dispatches, away from the start so that offsets matter. */
import type { DenseSlots, LinearSlots, MixtureSlots, TensorSlot } from '../../src/model/tensors.ts';
import type { ScaleMap } from '../../src/model/scaleMap.ts';
import type { CouplingBlocks } from '../../src/model/blocks.ts';
import type { Checkerboard } from '../../src/model/image.ts';
import { ramp } from './harness.ts';

export function denseSlots(inputs: number, outputs: number, start = 0): DenseSlots {
  const weight = tensorSlot('weight', [outputs, inputs], start);
  return { inputs, outputs, weight, bias: tensorSlot('bias', [outputs], start + weight.length) };
}

export function tensorSlot(name: string, shape: number[], offset: number): TensorSlot {
  return { name, shape, offset, length: shape.reduce((a, b) => a * b, 1), trainable: true };
}

/** Every scale map; inputs of a few units reach the bound of the bounded one. */
export const SCALE_MAPS: ScaleMap[] = [
  { map: 'exp' },
  { map: 'tanh', bound: 1.5 },
  { map: 'sigmoid' },
  { map: 'sigmoid', floor: 1e-3 },
  { map: 'softclip', bound: 2 },
];

/** A coupling that transforms `count` features from `start`; the kernels ignore its conditioning features. */
export function transformBlock(start: number, count: number): CouplingBlocks {
  return { transformStart: start, transformCount: count, conditionStart: 0, conditionCount: 0 };
}

/** The scales of a map of domains, 1/100 to 100, and the parameters that hold them. */
export function domainScales(features: number): { scale: TensorSlot; parameters: Float32Array } {
  const scale = tensorSlot('scale', [features], 4);
  return { scale, parameters: Float32Array.of(NaN, NaN, NaN, NaN, ...spreads(features)) };
}

/** Standard deviations from 1/100 to 100. */
export function spreads(features: number): Float32Array {
  return Float32Array.from({ length: features }, (_, j) => 10 ** (2 * Math.sin(1 + 3 * j)));
}

/** A permutation with little order: steps of a prime that does not divide the number of features. */
export function permutationOf(features: number): number[] {
  const step = [5, 7, 11, 13].find((prime) => features % prime !== 0) ?? 1;
  return Array.from({ length: features }, (_, j) => (3 + j * step) % features);
}

/** The tensors of an invertible linear map, one after the other. */
export function linearSlots(features: number): LinearSlots {
  const triangle = (features * (features - 1)) / 2;
  return {
    lower: tensorSlot('lower', [triangle], 3),
    upper: tensorSlot('upper', [triangle], 3 + triangle),
    logDiagonal: tensorSlot('log_diagonal', [features], 3 + 2 * triangle),
    permutation: tensorSlot('permutation', [features], 3 + 2 * triangle + features),
  };
}

/** The tensors of a mixture of diagonal normals, one after the other; a single one has no logits. */
export function mixtureSlots(features: number, components: number): MixtureSlots {
  const elements = components * features;
  return {
    mean: tensorSlot('mean', [components, features], 3),
    logScale: tensorSlot('log_scale', [components, features], 3 + elements),
    ...(components === 1 ? {} : { logits: tensorSlot('logits', [components], 3 + 2 * elements) }),
  };
}

/** Triangles and a diagonal that hardly stretch or shrink, at the offsets of `linearSlots`. */
export function linearParameters(features: number): Float32Array {
  const { logDiagonal, permutation } = linearSlots(features);
  const parameters = ramp(permutation.offset + features, 1 / Math.sqrt(features), 2);
  parameters.set(ramp(features, 0.5, 7), logDiagonal.offset);
  parameters.set(permutationOf(features), permutation.offset);
  return parameters;
}

/** Both colours of 15 pixels, 5 wide. */
export const CHECKERBOARDS: Checkerboard[] = [0, 1].map((parity) => ({
  width: 5,
  pixels: 15,
  parity: parity as 0 | 1,
}));

/** The features of two channels that stay as they are. */
export function staysOn({ width, pixels, parity }: Checkerboard): boolean[] {
  return Array.from({ length: 2 * pixels }, (_, feature) => {
    const pixel = feature % pixels;
    return (Math.floor(pixel / width) + (pixel % width)) % 2 === parity;
  });
}
