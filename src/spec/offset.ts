/** The parts of a flow's spec that the host applies to its data: large common offsets, and domains. */
import { bijectorOf } from '../bijectors/index.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import type { Shift } from '../data/offset.ts';
import type { Domain } from '../model/domain.ts';
import { tensorOf } from '../model/tensors.ts';
import type { FlowModel } from './layout.ts';
import type { FlowSpec } from './spec.ts';

/** The offset of each feature of the flow's data, [D]; undefined if no feature has one. */
export function offsetOf({ bijectors }: FlowSpec): Float64Array | undefined {
  const offset = bijectors.flatMap((bijector) => bijectorOf(bijector).offset?.of(bijector) ?? []);
  return offset.length === 0 ? undefined : Float64Array.from(offset);
}

/** The index of the bijector before which the host subtracts the offset from the rows; −1 if none does. */
export function offsetPlace({ bijectors }: FlowSpec): number {
  return bijectors.findIndex((bijector) => bijectorOf(bijector).offset !== undefined);
}

/** The offset and spread of the flow's data, from its tensors; undefined if no feature has an offset. */
export function shiftOf({ spec, layout }: FlowModel, parameters: Float32Array): Shift | undefined {
  const offset = offsetOf(spec);
  const layer = layout.bijectors[offsetPlace(spec)];
  const std = layer?.room.offset?.std(layer);
  return offset && std && { offset, spread: Float64Array.from(tensorOf(parameters, std)) };
}

/** The same spec with another offset, or without one. Only a `standardize` has an offset. */
export function withOffset(spec: FlowSpec, offset: Float64Array): FlowSpec {
  const given = offset.some((value) => value !== 0) ? [...offset] : undefined;
  const bijectors = spec.bijectors.map(
    (bijector) => (bijectorOf(bijector).offset?.replace(bijector, given) ?? bijector) as BijectorSpec,
  );
  return { ...spec, bijectors };
}

/** The width of the interval that each value of the data stands for; undefined if values are numbers. */
export function cellWidthOf({ bijectors: [first] }: FlowSpec): number | undefined {
  return first && bijectorOf(first).cellWidth?.(first);
}

/**
 * The widths of values, each the interval of its pixel if it is a whole number; undefined if the flow takes numbers.
 * @see cellWidthOf
 */
export function pixelWidths(spec: FlowSpec, values: ArrayLike<number>): Float32Array | undefined {
  const width = cellWidthOf(spec);
  if (width === undefined) return undefined;
  return Float32Array.from(values, (value) => (Number.isInteger(value) ? width : 0));
}

/** The domain of each feature of the flow's data; undefined if all are `real`. */
export function domainsOf({ bijectors: [first] }: FlowSpec): readonly Domain[] | undefined {
  return first && bijectorOf(first).domains?.(first);
}
