/** A layer's place in a parameter buffer of its own, off the start so that offsets matter. */
import type { DenseSlots, TensorSlot } from '../../src/paramLayout.ts';

export function denseSlots(inputs: number, outputs: number, start = 0): DenseSlots {
  const weight = tensorSlot('weight', [outputs, inputs], start);
  return { inputs, outputs, weight, bias: tensorSlot('bias', [outputs], start + weight.length) };
}

export function tensorSlot(name: string, shape: number[], offset: number): TensorSlot {
  return { name, shape, offset, length: shape.reduce((a, b) => a * b, 1), trainable: true };
}
