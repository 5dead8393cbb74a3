import type { Activation } from './activation.ts';
import type { ScaleMap } from './scaleMap.ts';

export interface CouplingStack {
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
  /** Elements of the parameter buffer: start of the first net, and from net to net and coupling to coupling. */
  netStart: number;
  netStride: number;
  couplingStride: number;
  /** Of each coupling, whether it conditions on the last features. */
  flips: readonly boolean[];
}
