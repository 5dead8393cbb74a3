/** Layers and buffers that the tests of the convolutions share. */
import type { ConvSlots } from '../../../src/kernels/conv/conv_forward.ts';
import type { ConvWindow } from '../../../src/model/tensors.ts';
import { denseSlots } from '../slots.ts';

/** Odd sizes, single pixels and strips with a rest: [rows, channels, outputs, height, width]. */
export const CONV_SIZES: [number, number, number, number, number][] = [
  [4, 1, 1, 1, 1],
  [12, 3, 2, 2, 9],
  [8, 2, 5, 7, 4],
  [68, 5, 13, 3, 5],
  [4, 33, 7, 4, 6],
];

export function convSlots(
  outputs: number,
  window: Omit<ConvWindow, 'contextCount'> & { contextCount?: number },
): ConvSlots {
  const conv = { contextCount: 0, ...window };
  return { ...denseSlots(9 * conv.channels + conv.contextCount, outputs, 5), conv };
}

/** Elements of a buffer of images. */
export function imageElements({ conv }: ConvSlots, channels: number, rows: number): number {
  return channels * conv.height * conv.width * rows;
}
