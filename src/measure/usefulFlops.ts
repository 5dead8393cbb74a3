/** The arithmetic that a flow cannot do without. */
import { netsOf } from '../bijectors/bijector.ts';
import type { ParamLayout } from '../spec/layout.ts';

/** Weights that an input is multiplied by: the matrices of conditioner nets, without biases, and of linear maps. */
export function multiplyWeights({ bijectors }: ParamLayout): number {
  const matrices = bijectors.flatMap((layer) => [
    ...(layer.room.matrices?.(layer) ?? []),
    ...netsOf(layer).flatMap(({ layers }) => layers.map(({ weight }) => weight)),
  ]);
  return matrices.reduce((sum, { length }) => sum + length, 0);
}

/** 2 · weights · rows: each weight takes part in one multiply-add a row. */
export function passFlops(layout: ParamLayout, rows: number): number {
  return 2 * multiplyWeights(layout) * rows;
}

/**
 * 6 · weights · batch: the forward pass, the gradient of the inputs and the gradient of the weights. What the
 * backward pass rebuilds is not counted: it saves memory and is no result.
 */
export function trainingFlops(layout: ParamLayout, batch: number): number {
  return 3 * passFlops(layout, batch);
}
