/** Where each tensor of a flow lies in the one parameter buffer. */
import { roundUp } from './shape.ts';
import { couplingBlocks } from './spec.ts';
import type { AffineCouplingSpec, FlowSpec } from './spec.ts';

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

/** One net of a conditioner; it fills columns [outputStart, outputStart + its outputs) of [a | t]. */
export interface NetSlots {
  name: 'conditioner' | 'scale' | 'shift';
  outputStart: number;
  layers: DenseSlots[];
}

export type BijectorSlots =
  | { type: 'standardize'; mean: TensorSlot; std: TensorSlot }
  | { type: 'affine_coupling'; spec: AffineCouplingSpec; nets: NetSlots[] };

export interface ParamLayout {
  /** In buffer order: trainable tensors first. */
  tensors: TensorSlot[];
  bijectors: BijectorSlots[];
  /** Weights and biases that the optimiser updates. */
  parameterCount: number;
  /** They lie in the elements [0, trainableLength), a multiple of four. */
  trainableLength: number;
  length: number;
}

/** Elements that a kernel loads at once; every tensor starts at a multiple. */
const TENSOR_ALIGNMENT = 4;

/** Lays the tensors of `spec` one after the other, the trainable ones first; zeros fill what lies between them. */
export function paramLayout(spec: FlowSpec): ParamLayout {
  const tensors: TensorSlot[] = [];
  const slot = (name: string, shape: number[], trainable: boolean): TensorSlot => {
    const tensor = { name, shape, offset: 0, length: shape.reduce((a, b) => a * b, 1), trainable };
    tensors.push(tensor);
    return tensor;
  };

  const bijectors = spec.bijectors.map((bijector, index): BijectorSlots => {
    const prefix = `bijectors.${index}`;
    if (bijector.type === 'standardize') {
      return {
        type: 'standardize',
        mean: slot(`${prefix}.mean`, [spec.dim], false),
        std: slot(`${prefix}.std`, [spec.dim], false),
      };
    }
    const { conditionCount, transformCount } = couplingBlocks(spec.dim, bijector);
    const { separate, hidden } = bijector.conditioner;
    const netNames = separate ? (['scale', 'shift'] as const) : (['conditioner'] as const);
    const nets = netNames.map((name, net): NetSlots => {
      const outputs = separate ? transformCount : 2 * transformCount;
      const widths = [conditionCount, ...hidden, outputs];
      const layers = widths.slice(1).map((outputCount, layer): DenseSlots => {
        const inputCount = widths[layer] ?? 0;
        const path = `${prefix}.${name}.${layer}`;
        return {
          inputs: inputCount,
          outputs: outputCount,
          weight: slot(`${path}.weight`, [outputCount, inputCount], true),
          bias: slot(`${path}.bias`, [outputCount], true),
        };
      });
      return { name, outputStart: net * transformCount, layers };
    });
    return { type: 'affine_coupling', spec: bijector, nets };
  });

  const ordered = [...tensors.filter((t) => t.trainable), ...tensors.filter((t) => !t.trainable)];
  let length = 0;
  let trainableLength = 0;
  let parameterCount = 0;
  for (const tensor of ordered) {
    tensor.offset = roundUp(length, TENSOR_ALIGNMENT);
    length = tensor.offset + tensor.length;
    if (!tensor.trainable) continue;
    trainableLength = roundUp(length, TENSOR_ALIGNMENT);
    parameterCount += tensor.length;
  }
  length = Math.max(length, trainableLength);
  return { tensors: ordered, bijectors, parameterCount, trainableLength, length };
}

/** Copies `source`'s elements of one tensor out of a flat parameter array. */
export function tensorOf(parameters: Float32Array, tensor: TensorSlot): Float32Array {
  return parameters.slice(tensor.offset, tensor.offset + tensor.length);
}
