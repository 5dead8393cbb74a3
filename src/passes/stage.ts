/** A flow in the parts that its passes run. */
import type { ForwardPass, MapPass, BackwardPass } from '../bijectors/bijector.ts';
import type { PlanBuilder } from '../plan/plan.ts';

/** The steps of one bijector or of several consecutive ones. */
export interface Stage {
  /** The index of its first bijector in the flow. */
  readonly place: number;
  readonly preservesVolume: boolean;
  readonly hasNets: boolean;
  /** Whether its activations can be kept while other stages run. */
  readonly canStore: boolean;
  /** Whether its forward step can end in the log-density of a standard normal. */
  readonly canScore: boolean;
  forward(plan: PlanBuilder, pass: ForwardPass & { logProb?: string }): void;
  inverse(plan: PlanBuilder, pass: MapPass): void;
  backward(plan: PlanBuilder, pass: BackwardPass): void;
}
