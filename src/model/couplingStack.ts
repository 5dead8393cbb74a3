/** Consecutive couplings of one architecture, which the fused kernels run in one dispatch. */
import type { Activation } from './activation.ts';
import type { ScaleMap } from './scaleMap.ts';

/** The common shape of the couplings of a stack. */
export interface StackShape {
  dim: number;
  conditionCount: number;
  transformCount: number;
  /** One, two or three widths. */
  hidden: readonly number[];
  activation: Activation;
  scale: ScaleMap;
  /** Nets per coupling, and outputs per net. */
  netCount: number;
  netOutputs: number;
}

export interface CouplingStack extends StackShape {
  /** Elements of the parameter buffer: start of the first net, strides between nets and between couplings. */
  netStart: number;
  netStride: number;
  couplingStride: number;
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
