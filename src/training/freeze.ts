/** Tensors that keep their values while a flow trains. */
import { ShapeError } from '../errors.ts';
import { frozenTensors } from '../passes/optimize.ts';
import type { ParamLayout } from '../spec/layout.ts';

/** @throws {ShapeError} when a name is that of no tensor, or nothing is left to train */
export function requireFreezable(layout: ParamLayout, freeze: readonly string[]): void {
  const what = 'fit option freeze';
  for (const name of freeze) {
    if (frozenTensors(layout, [name]).length > 0) continue;
    const tensors = layout.tensors.map((tensor) => tensor.name);
    throw new ShapeError(
      what,
      `"${name}", which names no tensor`,
      `one of ${tensors.join(', ')}, or the beginning of some up to a dot`,
    );
  }
  const trained = layout.tensors.filter(({ trainable }) => trainable);
  const frozen = new Set(frozenTensors(layout, freeze));
  if (freeze.length > 0 && trained.every((tensor) => frozen.has(tensor))) {
    throw new ShapeError(what, 'all trainable tensors', 'at least one left to train');
  }
}

/** Moments of the optimiser [trainableLength] with those of frozen tensors at zero, so that no momentum moves them. */
export function withoutFrozen(
  moment: Float32Array,
  layout: ParamLayout,
  freeze: readonly string[],
): Float32Array {
  const kept = moment.slice();
  for (const { trainable, offset, length } of frozenTensors(layout, freeze)) {
    if (trainable) kept.fill(0, offset, offset + length);
  }
  return kept;
}
