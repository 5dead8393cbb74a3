/** The arithmetic that a flow cannot do without. */
import type { ParamLayout } from '../paramLayout.ts';

/** Weights that an input is multiplied by: the matrices of all conditioner nets, without biases. */
export function multiplyWeights({ bijectors }: ParamLayout): number {
  const nets = bijectors.flatMap((slots) => (slots.type === 'standardize' ? [] : slots.nets));
  return nets.flatMap(({ layers }) => layers).reduce((sum, { weight }) => sum + weight.length, 0);
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
