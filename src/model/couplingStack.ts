/** Consecutive couplings of one architecture, which the fused kernels run in one dispatch. */
import type { Activation } from './activation.ts';
import type { ScaleMap } from './scaleMap.ts';

/** The common shape of the couplings of a stack. */
export interface StackShape {
  dim: number;
  conditionCount: number;
  /** Columns of the context, which the nets read after the conditioning block. */
  contextCount: number;
  transformCount: number;
  /** One, two or three widths. */
  hidden: readonly number[];
  activation: Activation;
  /** Undefined if the couplings only shift. */
  scale: ScaleMap | undefined;
  /** Nets per coupling, and outputs per net. */
  netCount: number;
  netOutputs: number;
}

/** Tensors of the actnorm and the invertible linear map before a coupling. */
export interface StackMix {
  /** The start of the first trained tensor; the others follow in the order of the layout. */
  start: number;
  permutation: number;
}

export interface CouplingStack extends StackShape {
  /** Elements of the parameter buffer: start of the first net, strides between nets and between couplings. */
  netStart: number;
  netStride: number;
  couplingStride: number;
  /** Before the first coupling, if there is an actnorm and a linear map before each. */
  mix: StackMix | undefined;
  /** Elements between the permutations of two linear maps. */
  permutationStride: number;
  /** For each coupling, whether it conditions on the last features. */
  flips: readonly boolean[];
}

/** A coupling that a stack can hold. */
export interface StackableCoupling {
  shape: StackShape;
  flip: boolean;
  /** The start of each net in the parameter buffer. */
  netStarts: readonly number[];
}

/** Inputs of each net. */
export function netInputs({ conditionCount, contextCount }: StackShape): number {
  return conditionCount + contextCount;
}

/** Outputs of the nets of a coupling: [a | t] or t. */
export function couplingOutputs({ netCount, netOutputs }: StackShape): number {
  return netCount * netOutputs;
}

/** Bijectors of the flow that the stack stands for. */
export function stackLength({ flips, mix }: CouplingStack): number {
  return flips.length * (mix === undefined ? 1 : 3);
}

/** Numbers per row that the backward pass keeps of each actnorm and linear map. */
export function mixFactors({ dim, mix }: CouplingStack): number {
  return mix === undefined ? 0 : 5 * dim;
}
