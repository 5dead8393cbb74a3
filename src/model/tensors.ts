/** The positions of a flow's tensors in its single parameter buffer. */

export interface TensorSlot {
  /** Name in the model file: `bijectors.{i}.{net}.{layer}.weight`. */
  name: string;
  shape: readonly number[];
  /** First element in the parameter buffer. */
  offset: number;
  length: number;
  trainable: boolean;
}

/** An invalid value of a tensor, with the expected one. */
export interface UnsoundValue {
  /** The tensor and the element. */
  where: string;
  found: string;
  expected: string;
}

/** One fully connected layer: weight [outputs, inputs], bias [outputs]. */
export interface DenseSlots {
  inputs: number;
  outputs: number;
  weight: TensorSlot;
  bias: TensorSlot;
  /** If the layer is a 3 × 3 convolution; `inputs` are then the columns of the weight, 9 a channel and the context's. */
  conv?: ConvWindow;
}

/** What a 3 × 3 convolution reads: pixels of each channel, with zeros around the image, then the row's context. */
export interface ConvWindow {
  channels: number;
  height: number;
  width: number;
  contextCount: number;
  /** If it reads only the pixels with (row + column) mod 2 equal to this, and zeros for the others. */
  parity?: 0 | 1;
}

/** A net of a conditioner; it fills columns [outputStart, outputStart + its outputs) of the outputs. */
export interface NetSlots {
  name: 'conditioner' | 'scale' | 'shift';
  outputStart: number;
  layers: DenseSlots[];
  /** Pixels of the images on which a convolutional net runs: its layers have as many outputs each. */
  pixels?: number;
}

/** L below and U above the diagonal, [D (D − 1) / 2] packed by rows; the diagonal's logarithms; P. */
export interface LinearSlots {
  lower: TensorSlot;
  upper: TensorSlot;
  logDiagonal: TensorSlot;
  permutation: TensorSlot;
}

/** Tensors of K diagonal normals: mean, log_scale [K, D], logits [K]; a single normal has no logits. */
export interface MixtureSlots {
  mean: TensorSlot;
  logScale: TensorSlot;
  logits?: TensorSlot;
}

/** Adds the next tensor of a bijector or base to the layout, prefixing its name with the owner's. */
export type AddTensor = (name: string, shape: number[], trainable: boolean) => TensorSlot;

/** A copy of a tensor from a flat array of parameters. */
export function tensorOf(parameters: Float32Array, tensor: TensorSlot): Float32Array {
  return parameters.slice(tensor.offset, tensor.offset + tensor.length);
}

export function fillTensor(parameters: Float32Array, { offset, length }: TensorSlot, value: number): void {
  parameters.fill(value, offset, offset + length);
}

/** The first invalid value of a tensor, or undefined. */
export function firstUnsound(
  tensor: TensorSlot,
  parameters: Float32Array,
  expected: string,
  isSound: (value: number, index: number) => boolean,
): UnsoundValue | undefined {
  const values = tensorOf(parameters, tensor);
  const index = values.findIndex((value, element) => !isSound(value, element));
  if (index < 0) return undefined;
  return { where: `tensor ${tensor.name}, element ${index}`, found: String(values[index]), expected };
}

/** The first value that is out of range or repeated in a permutation, or undefined. */
export function firstRepeated(tensor: TensorSlot, parameters: Float32Array): UnsoundValue | undefined {
  const seen = new Set<number>();
  const expected = `each whole number from 0 to ${tensor.length - 1} once`;
  return firstUnsound(tensor, parameters, expected, (value) => {
    const isNew = Number.isInteger(value) && value >= 0 && value < tensor.length && !seen.has(value);
    seen.add(value);
    return isNew;
  });
}
