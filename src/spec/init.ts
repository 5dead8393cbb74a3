/** The parameters of a fresh flow. */
import { bijectorOf } from '../bijectors/index.ts';
import type { DataStart, TensorValues } from '../bijectors/bijector.ts';
import type { UnsoundValue } from '../model/tensors.ts';
import { STREAMS, uniformDraws } from '../random.ts';
import { paramLayout } from './layout.ts';
import type { ParamLayout } from './layout.ts';
import type { FlowSpec } from './spec.ts';

/**
 * Initial parameters in the order of `paramLayout(spec)`. Each bijector and the base fill their tensors; all
 * others are zero. Weights and permutations use separate random streams.
 */
export function initialParameters(
  spec: FlowSpec,
  seed: number,
  layout: ParamLayout = paramLayout(spec),
): Float32Array {
  const parameters = new Float32Array(layout.length);
  const draws = {
    weight: uniformDraws(seed, STREAMS.init),
    permutation: uniformDraws(seed, STREAMS.permutation),
  };
  layout.base.room.start?.(layout.base, parameters, seed);
  for (const layer of layout.bijectors) layer.room.start?.(layer, parameters, draws);
  return parameters;
}

/** The tensors of a fresh flow that its data set. */
export function tensorsOfData({ bijectors }: ParamLayout, start: DataStart): TensorValues[] {
  return bijectors.flatMap((layer) => layer.room.startFromData?.(layer, start) ?? []);
}

/** Whether the flow starts with a whitening of its data. */
export function isWhitened({ bijectors }: FlowSpec): boolean {
  return bijectors.some((bijector) => bijectorOf(bijector).whitens?.(bijector) === true);
}

/** The first value that is invalid for its bijector, or undefined. */
export function unsoundTensor(
  { bijectors }: ParamLayout,
  parameters: Float32Array,
): UnsoundValue | undefined {
  for (const layer of bijectors) {
    const unsound = layer.room.unsound?.(layer, parameters);
    if (unsound !== undefined) return unsound;
  }
  return undefined;
}
