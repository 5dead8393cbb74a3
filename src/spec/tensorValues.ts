/** What the values of a model's tensors must be, beside finite. */
import type { BijectorSlots, ParamLayout } from './layout.ts';
import type { TensorSlot } from '../model/tensors.ts';

export interface UnsoundValue {
  /** The tensor and the element. */
  where: string;
  found: string;
  expected: string;
}

/** The first value that its bijector cannot have, or undefined. */
export function unsoundTensor(layout: ParamLayout, parameters: Float32Array): UnsoundValue | undefined {
  for (const slots of layout.bijectors) {
    const unsound = unsoundIn(slots, parameters);
    if (unsound !== undefined) return unsound;
  }
  return undefined;
}

function unsoundIn(slots: BijectorSlots, parameters: Float32Array): UnsoundValue | undefined {
  switch (slots.type) {
    case 'domain': {
      const { features } = slots.spec;
      const expected = 'a number > 0 of a positive feature, 1 of others';
      return firstUnsound(slots.scale, parameters, expected, (value, feature) =>
        features[feature] === 'positive' ? value > 0 : value === 1,
      );
    }
    case 'standardize':
      return firstUnsound(slots.std, parameters, 'a number > 0', (value) => value > 0);
    case 'actnorm':
      return firstUnsound(slots.initialised, parameters, '0 or 1', (value) => value === 0 || value === 1);
    case 'invertible_linear':
      return repeatedFeature(slots.permutation, parameters);
    case 'permutation': {
      const repeated = repeatedFeature(slots.permutation, parameters);
      if (repeated !== undefined || slots.signs === undefined) return repeated;
      return firstUnsound(slots.signs, parameters, '1 or −1', (value) => Math.abs(value) === 1);
    }
    default:
      return undefined;
  }
}

function repeatedFeature(slot: TensorSlot, parameters: Float32Array): UnsoundValue | undefined {
  const seen = new Set<number>();
  const expected = `each whole number from 0 to ${slot.length - 1} once`;
  return firstUnsound(slot, parameters, expected, (value) => {
    const isNew = Number.isInteger(value) && value >= 0 && value < slot.length && !seen.has(value);
    seen.add(value);
    return isNew;
  });
}

function firstUnsound(
  { name, offset, length }: TensorSlot,
  parameters: Float32Array,
  expected: string,
  isSound: (value: number, index: number) => boolean,
): UnsoundValue | undefined {
  const values = parameters.subarray(offset, offset + length);
  const index = values.findIndex((value, element) => !isSound(value, element));
  if (index < 0) return undefined;
  return { where: `tensor ${name}, element ${index}`, found: String(values[index]), expected };
}
