/** Splits a flow into stages: single bijectors and, in the fused regime, whole stacks of couplings. */
import type { Stage } from './stage.ts';
import { stackLength } from '../model/couplingStack.ts';
import { couplingStackAt } from '../passes/couplingStack.ts';
import { netsOf } from '../bijectors/bijector.ts';
import type { FlowModel } from '../spec/layout.ts';
import { residentLayersAt, residentStage } from './resident.ts';
import { fusedStage, isTrainedFused } from './fused.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** The stages from data to latent, for a training step or for one of the maps alone. */
export function stagesOf(model: FlowModel, variants: KernelVariants, isTraining: boolean): Stage[] {
  const { bijectors } = model.layout;
  const fuses = variants.regime === 'fused' && variants.precision === 'f32';
  const isResident = variants.regime === 'resident' && variants.precision === 'f32';
  const stages: Stage[] = [];
  for (let next = 0; next < bijectors.length;) {
    const place = next;
    const layer = bijectors[place];
    if (layer === undefined) break;
    const { room } = layer;
    const residents = isResident ? residentLayersAt(model, place) : [];
    if (residents.length > 0) {
      stages.push(residentStage(model, place, residents, isTraining));
      next = place + residents.length;
      continue;
    }
    const standardize = room.standardisation?.(layer);
    const start = standardize === undefined ? place : place + 1;
    const stack = fuses ? couplingStackAt(model.spec, bijectors, start) : undefined;
    if (stack !== undefined && (!isTraining || isTrainedFused(stack))) {
      const canScore = !isTraining && model.layout.base.room.isStandardNormal === true;
      stages.push({ place, canScore, ...fusedStage(stack, standardize) });
      next = start + stackLength(stack);
    } else {
      stages.push({
        place,
        preservesVolume: room.preservesVolume,
        hasNets: netsOf(layer).length > 0,
        canStore: true,
        alwaysStores: room.storesNets?.(layer, variants) ?? false,
        canScore: false,
        canDraw: false,
        forward: (plan, pass) => room.forward(plan, layer, pass),
        inverse: (plan, pass) => room.inverse(plan, layer, pass),
        backward: (plan, pass) => room.backward?.(plan, layer, pass),
        ...(room.backwardInput && { backwardInput: (plan, pass) => room.backwardInput?.(plan, layer, pass) }),
      });
      next++;
    }
  }
  return stages;
}
