/** Where the tensors of a flow lie in its one parameter buffer. */

export interface TensorSlot {
  /** As in the model file: `bijectors.{i}.{net}.{layer}.weight`. */
  name: string;
  shape: readonly number[];
  /** First element in the parameter buffer. */
  offset: number;
  length: number;
  trainable: boolean;
}

/** One fully connected layer: weight [outputs, inputs], bias [outputs]. */
export interface DenseSlots {
  inputs: number;
  outputs: number;
  weight: TensorSlot;
  bias: TensorSlot;
}

/** One net of a conditioner; it fills columns [outputStart, outputStart + its outputs) of the outputs. */
export interface NetSlots {
  name: 'conditioner' | 'scale' | 'shift';
  outputStart: number;
  layers: DenseSlots[];
}

/** L below and U above the diagonal, [D (D − 1) / 2] packed by rows; the diagonal's logarithms; P. */
export interface LinearSlots {
  lower: TensorSlot;
  upper: TensorSlot;
  logDiagonal: TensorSlot;
  permutation: TensorSlot;
}

/** Of K diagonal normals: mean, log_scale [K, D], logits [K]; a single one has no logits. */
export interface MixtureSlots {
  mean: TensorSlot;
  logScale: TensorSlot;
  logits?: TensorSlot;
}

/** Makes the next tensor of the layout. */
export type AddTensor = (name: string, shape: number[], trainable: boolean) => TensorSlot;

/** Copies `source`'s elements of one tensor out of a flat parameter array. */
export function tensorOf(parameters: Float32Array, tensor: TensorSlot): Float32Array {
  return parameters.slice(tensor.offset, tensor.offset + tensor.length);
}
