/** A flow in the pieces that its passes take. */
import type { ForwardPass, MapPass, BackwardPass } from '../bijectors/bijector.ts';
import type { PlanBuilder } from '../plan/plan.ts';

/** What a bijector's steps do, for one bijector of a flow or several. */
export interface Stage {
  /** The place of its first bijector in the flow. */
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
