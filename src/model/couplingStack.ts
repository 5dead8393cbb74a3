/** Couplings of one architecture in a row: what the fused kernels run in one dispatch. */
import type { Activation } from './activation.ts';
import type { ScaleMap } from './scaleMap.ts';

/** What the couplings of a stack have in common. */
export interface StackShape {
  dim: number;
  conditionCount: number;
  transformCount: number;
  /** One width, two or three. */
  hidden: readonly number[];
  activation: Activation;
  scale: ScaleMap;
  /** Nets of a coupling, and outputs of each. */
  netCount: number;
  netOutputs: number;
}

export interface CouplingStack extends StackShape {
  /** Elements of the parameter buffer: start of the first net, and from net to net and coupling to coupling. */
  netStart: number;
  netStride: number;
  couplingStride: number;
  /** Of each coupling, whether it conditions on the last features. */
  flips: readonly boolean[];
}

/** A coupling that a stack can hold. */
export interface StackableCoupling {
  shape: StackShape;
  flip: boolean;
  /** Where each net begins in the parameter buffer. */
  netStarts: readonly number[];
}
