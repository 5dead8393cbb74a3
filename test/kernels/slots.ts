/** Tensors and feature blocks for dispatches of their own, off the start so that offsets matter. */
import type { DenseSlots, TensorSlot } from '../../src/paramLayout.ts';
import type { CouplingBlocks, ScaleMap } from '../../src/spec.ts';

export function denseSlots(inputs: number, outputs: number, start = 0): DenseSlots {
  const weight = tensorSlot('weight', [outputs, inputs], start);
  return { inputs, outputs, weight, bias: tensorSlot('bias', [outputs], start + weight.length) };
}

export function tensorSlot(name: string, shape: number[], offset: number): TensorSlot {
  return { name, shape, offset, length: shape.reduce((a, b) => a * b, 1), trainable: true };
}

/** Every scale map, the bounded one with a bound that inputs of a few units reach. */
export const SCALE_MAPS: ScaleMap[] = [{ map: 'exp' }, { map: 'tanh', bound: 1.5 }, { map: 'sigmoid' }];

/** A coupling that transforms `count` features from `start`; what it conditions on plays no part in the kernels. */
export function transformBlock(start: number, count: number): CouplingBlocks {
  return { transformStart: start, transformCount: count, conditionStart: 0, conditionCount: 0 };
}

/** Standard deviations from 1/100 to 100. */
export function spreads(features: number): Float32Array {
  return Float32Array.from({ length: features }, (_, j) => 10 ** (2 * Math.sin(1 + 3 * j)));
}

/** A permutation without much order: steps of a prime that does not divide the number of features. */
export function permutationOf(features: number): number[] {
  const step = [5, 7, 11, 13].find((prime) => features % prime !== 0) ?? 1;
  return Array.from({ length: features }, (_, j) => (3 + j * step) % features);
}
