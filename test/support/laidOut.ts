import type { ParamLayout } from '../../src/spec/layout.ts';

/** Gradients by tensor name as one flat array, in the order of `paramLayout`'s trainable tensors. */
export function laidOut(
  { tensors, trainableLength }: ParamLayout,
  gradients: Readonly<Record<string, ArrayLike<number>>>,
): number[] {
  const flat = Array.from({ length: trainableLength }, () => 0);
  for (const { name, offset } of tensors) {
    Array.from(gradients[name] ?? []).forEach((value, i) => (flat[offset + i] = value));
  }
  return flat;
}
