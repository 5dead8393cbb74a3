/** Parameters with some tensors replaced by name. */
import { ShapeError } from '../errors.ts';
import { unsoundTensor } from '../spec/init.ts';
import type { ParamLayout } from '../spec/layout.ts';

/** Values of tensors by their names in the model file. */
export type Tensors = ReadonlyMap<string, Float32Array>;

/**
 * The parameters with these tensors replaced. An actnorm that gets a tensor has started, so no data set it again.
 * @param parameters in the order of the layout; unchanged
 * @throws {ShapeError} for an unknown name, another length, a value that is not finite, or one that a model file may
 *   not have, such as a number twice in a permutation
 */
export function changedParameters(
  layout: ParamLayout,
  parameters: Float32Array,
  tensors: Tensors,
): Float32Array {
  const changed = parameters.slice();
  for (const { tensor, owner } of startFlags(layout)) {
    if ([...tensors.keys()].some((name) => name.startsWith(owner))) changed[tensor.offset] = 1;
  }
  for (const [name, values] of tensors) {
    const slot = layout.tensors.find((tensor) => tensor.name === name);
    if (slot === undefined) {
      const names = layout.tensors.map((tensor) => tensor.name).join(', ');
      throw new ShapeError('tensor', `"${name}", which the flow lacks`, `one of ${names}`);
    }
    if (values.length !== slot.length) {
      const expected = `${slot.length}, of shape [${slot.shape.join(', ')}]`;
      throw new ShapeError(`tensor ${name}`, `${values.length} values`, expected);
    }
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const found = String(values[bad]);
      throw new ShapeError(`tensor ${name}, element ${bad}`, found, 'a number that float32 can hold');
    }
    changed.set(values, slot.offset);
  }
  const unsound = unsoundTensor(layout, changed);
  if (unsound !== undefined) throw new ShapeError(unsound.where, unsound.found, unsound.expected);
  return changed;
}

/** The flags of bijectors that the first batch would start, and the beginning of the names of their tensors. */
function startFlags({ bijectors }: ParamLayout) {
  return bijectors.flatMap((layer) => {
    const tensor = layer.room.startFromBatch?.flag(layer);
    return tensor === undefined
      ? []
      : [{ tensor, owner: tensor.name.slice(0, tensor.name.lastIndexOf('.') + 1) }];
  });
}
