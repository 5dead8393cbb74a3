/** A flow in the parts that its passes run. */
import type { ForwardPass, MapPass, BackwardPass } from '../bijectors/bijector.ts';
import type { DrawArguments } from '../kernels/base/arguments.ts';
import type { PlanBuilder } from '../plan/plan.ts';

/** Where a forward step leaves the log-density of its rows, or with `isLoss` the negative log-likelihood. */
export interface Score {
  buffer: string;
  /** The place of the first row. */
  start: number;
  /** Rows before the padding. */
  validRows: number;
  isLoss: boolean;
}

/** The draws with which an inverse step begins. */
export interface Draws extends DrawArguments {
  /** Both receive results of `sampleAndLogProb`: the draws, and log p_Z − logDet of this step. */
  density?: { latent: string; logProb: string };
}

/** The steps of one bijector or of several consecutive ones. */
export interface Stage {
  /** The index of its first bijector in the flow. */
  readonly place: number;
  readonly preservesVolume: boolean;
  readonly hasNets: boolean;
  /** Whether its activations can be kept while other stages run. */
  readonly canStore: boolean;
  /** Whether they are kept in any training step: they are few. */
  readonly alwaysStores?: boolean;
  /**
   * Whether its forward step can end in the log-density of the base. In a training step, backward then begins with the
   * gradient of the loss.
   */
  readonly canScore: boolean;
  /** Whether its inverse step can begin with draws of the base. */
  readonly canDraw: boolean;
  forward(plan: PlanBuilder, pass: ForwardPass & { score?: Score }): void;
  inverse(plan: PlanBuilder, pass: MapPass & { draws?: Draws }): void;
  backward(plan: PlanBuilder, pass: BackwardPass): void;
  /** Like `backward`, without GRADIENTS if the stage is a single bijector that can leave them out. */
  backwardInput?(plan: PlanBuilder, pass: BackwardPass): void;
}
