/** The minimum arithmetic of a flow. */
import { netsOf } from '../bijectors/bijector.ts';
import type { ParamLayout } from '../spec/layout.ts';

/**
 * Weights that multiply inputs: the matrices of conditioner nets, without biases, and of linear maps. On images, a weight
 * counts once for each pixel.
 */
export function multiplyWeights({ bijectors }: ParamLayout): number {
  const counts = bijectors.flatMap((layer) => [
    ...(layer.room.matrices?.(layer) ?? []).map(({ length }) => length * (layer.room.pixels?.(layer) ?? 1)),
    ...netsOf(layer).flatMap(({ layers, pixels = 1 }) => layers.map(({ weight }) => pixels * weight.length)),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** 2 · weights · rows: each weight takes part in one multiply-add per row. */
export function passFlops(layout: ParamLayout, rows: number): number {
  return 2 * multiplyWeights(layout) * rows;
}

/**
 * 6 · weights · batch: the forward pass, the gradient of the inputs and the gradient of the weights. Values
 * that the backward pass rebuilds are not counted: rebuilding only saves memory.
 */
export function trainingFlops(layout: ParamLayout, batch: number): number {
  return 3 * passFlops(layout, batch);
}
