/** The position of each tensor of a flow in the single parameter buffer. */
import { baseOf } from '../bases/index.ts';
import type { BaseLayer } from '../bases/base.ts';
import { bijectorOf } from '../bijectors/index.ts';
import type { FlowShape, Layer } from '../bijectors/bijector.ts';
import type { AddTensor, TensorSlot } from '../model/tensors.ts';
import { roundUp } from '../plan/shape.ts';
import { shapeAfter } from './shapes.ts';
import type { FlowSpec } from './spec.ts';

export interface ParamLayout {
  /** In buffer order: trainable tensors first. */
  tensors: TensorSlot[];
  bijectors: Layer[];
  base: BaseLayer;
  /** Weights and biases that the optimiser updates. */
  parameterCount: number;
  /** They occupy the elements [0, trainableLength), a multiple of four. */
  trainableLength: number;
  length: number;
}

/** The parts of a flow that plans need: its spec and its layout. */
export interface FlowModel {
  spec: FlowSpec;
  layout: ParamLayout;
}

/** Elements that a kernel loads at once; every tensor starts at a multiple of this. */
const TENSOR_ALIGNMENT = 4;

/** Lays out the tensors of `spec` one after another, trainable ones first, with zero padding between them. */
export function paramLayout(spec: FlowSpec): ParamLayout {
  const { dim, contextDim } = spec;
  const tensors: TensorSlot[] = [];
  const adderFor =
    (owner: string): AddTensor =>
    (name, shape, trainable) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const tensor = { name: `${owner}.${name}`, shape, offset: 0, length, trainable };
      tensors.push(tensor);
      return tensor;
    };

  let shape: FlowShape = spec;
  const bijectors = spec.bijectors.map((one, index): Layer => {
    const room = bijectorOf(one);
    const tensors = room.tensors(one, shape, adderFor(`bijectors.${index}`));
    shape = shapeAfter(one, shape);
    return { room, spec: one, tensors };
  });
  const room = baseOf(spec.base);
  const base = {
    room,
    spec: spec.base,
    tensors: room.tensors(spec.base, spec, adderFor('base')),
    dim,
    contextDim,
  };

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
  return { tensors: ordered, bijectors, base, parameterCount, trainableLength, length };
}
