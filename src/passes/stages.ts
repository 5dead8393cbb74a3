/** A flow as its passes take it: bijector by bijector, and in the fused regime whole runs of couplings at once. */
import { couplingStackAt } from '../passes/couplingStack.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { BackwardPass, ForwardPass, MapPass } from '../bijectors/bijector.ts';
import { stepsOf } from '../bijectors/index.ts';
import type { FlowModel } from '../spec/layout.ts';
import { fusedStage, isTrainedFused } from './fused.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** What a bijector's steps do, for one bijector of a flow or several. */
export interface Stage {
  /** The place of its first bijector in the flow. */
  readonly place: number;
  readonly preservesVolume: boolean;
  readonly hasNets: boolean;
  /** Whether its activations can be kept beside those of other stages. */
  readonly canStore: boolean;
  /** Whether its forward step can end in the log-density of a standard normal. */
  readonly canScore: boolean;
  forward(plan: PlanBuilder, pass: ForwardPass & { logProb?: string }): void;
  inverse(plan: PlanBuilder, pass: MapPass): void;
  backward(plan: PlanBuilder, pass: BackwardPass): void;
}

/** The stages from data to latent, for a training step or for one of the maps alone. */
export function stagesOf(model: FlowModel, variants: KernelVariants, isTraining: boolean): Stage[] {
  const { bijectors } = model.layout;
  const fuses = variants.regime === 'fused' && variants.precision === 'f32';
  const stages: Stage[] = [];
  for (let next = 0; next < bijectors.length;) {
    const place = next;
    const slots = bijectors[place];
    if (slots === undefined) break;
    const standardize = slots.type === 'standardize' ? slots : undefined;
    const start = standardize === undefined ? place : place + 1;
    const stack = fuses ? couplingStackAt(model.spec, bijectors, start) : undefined;
    if (stack !== undefined && (!isTraining || isTrainedFused(stack))) {
      stages.push({ place, ...fusedStage(stack, standardize) });
      next = start + stack.flips.length;
    } else {
      const steps = stepsOf(slots);
      stages.push({
        place,
        preservesVolume: steps.preservesVolume,
        hasNets: 'nets' in slots,
        canStore: true,
        canScore: false,
        forward: (plan, pass) => steps.forward(plan, slots, pass),
        inverse: (plan, pass) => steps.inverse(plan, slots, pass),
        backward: (plan, pass) => steps.backward(plan, slots, pass),
      });
      next++;
    }
  }
  return stages;
}
