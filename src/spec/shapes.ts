/** The shape of the features that reach each bijector of a flow. */
import { bijectorOf } from '../bijectors/index.ts';
import type { FlowShape, LayerSpec } from '../bijectors/bijector.ts';
import { ShapeError } from '../errors.ts';
import { imageFeatures } from '../model/image.ts';

/** The shape that this bijector passes on to the next. */
export function shapeAfter(spec: LayerSpec, shape: FlowShape): FlowShape {
  const image = shape.image && bijectorOf(spec).imageAfter?.(shape.image);
  return image === undefined ? shape : { ...shape, image, dim: imageFeatures(image) };
}

/** @throws {ShapeError} for a bijector that takes all features where a split has left fewer */
export function checkLeft(where: string, { type }: LayerSpec, { dim }: FlowShape, allFeatures: number): void {
  if (dim === allFeatures || bijectorOf({ type }).imageAfter !== undefined) return;
  throw new ShapeError(`${where}.type`, type, 'a bijector on images after a split');
}
