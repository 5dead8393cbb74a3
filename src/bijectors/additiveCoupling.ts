/** NICE's coupling: z₂ = x₂ + t(x₁), z₁ = x₁. It keeps volumes. */
import * as v from 'valibot';
import { additiveCoupling as shiftBlock } from '../kernels/coupling/additive_coupling.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import { DEFAULT_NET, netSchema } from '../nets/net.ts';
import type { Dispatch } from '../plan/kernel.ts';
import { D_STATE, STATE } from '../plan/names.ts';
import { builderOf } from './bijector.ts';
import { netsBackward, netsForward } from '../nets/residentNet.ts';
import type { ResidentNets } from '../nets/residentNet.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import type { Bijector, Pass, Layer } from './bijector.ts';
import {
  checkCoupling,
  couplingDefaults,
  couplingFields,
  couplingKey,
  couplingWords,
  oneNet,
  stackableCoupling,
  startCoupling,
} from './coupling.ts';
import type { CouplingTensors } from './coupling.ts';

const schema = v.strictObject({
  type: v.literal('additive_coupling'),
  ...couplingFields,
  /** The net that reads the other block. */
  conditioner: netSchema,
});
/**
 * The spec of `additiveCoupling`.
 * @interface
 */
export type AdditiveCouplingSpec = v.InferOutput<typeof schema>;

export const additiveCouplingRoom: Bijector<AdditiveCouplingSpec, CouplingTensors> = {
  schema,
  // If the last layer started at zero, symmetrical data would keep it there.
  defaults: (place) => ({
    ...couplingDefaults(place),
    conditioner: { ...DEFAULT_NET, init: 'torch_linear' },
  }),
  check: checkCoupling,
  tensors: (spec, shape, add) => oneNet(spec, 1, shape, add),
  start: startCoupling,
  words: (layer, place) => couplingWords('shift', layer, place),
  tuningKey: (layer) => couplingKey('shift', layer),
  stackable: (layer, shape) => stackableCoupling(layer, shape, undefined),

  resident: {
    forward(ops, layer) {
      const { transformStart: unit, transformCount: count } = layer.tensors.blocks;
      const run = residentShift(ops, layer, 1);
      return () =>
        ops.scope(() => {
          // Both d_t and d_x₂ equal d_z₂.
          const slot = ops.keep(count);
          ops.add({ kind: 'keep', from: unit, count, slot });
          netsBackward(ops, layer, run, { unit, slot });
        });
    },
    inverse: (ops, layer) => void residentShift(ops, layer, -1),
  },

  preservesVolume: true,

  forward(plan, { spec, tensors }, pass) {
    conditionerForward(plan, { spec, ...tensors }, pass);
    plan.add(shift(tensors, pass, 1));
  },

  inverse(plan, { spec, tensors }, pass) {
    conditionerForward(plan, { spec, ...tensors }, { ...pass, keepDerivatives: false });
    plan.add(shift(tensors, pass, -1));
  },

  backward(plan, { spec, tensors }, { netsHaveRun, ...pass }) {
    const coupling = { spec, ...tensors };
    if (!netsHaveRun) conditionerForward(plan, coupling, { ...pass, keepDerivatives: true });
    plan.add(shift(tensors, pass, -1));
    // Both d_t and d_x₂ equal d_z₂, so d_z₂ stays in place.
    conditionerBackward(plan, coupling, pass, { buffer: D_STATE, start: tensors.blocks.transformStart });
  },
};

/**
 * NICE's coupling: z₂ = x₂ + t(x₁), z₁ = x₁. It keeps volumes. By default its net has hidden layers of 32 and 32
 * units.
 * @see Dinh et al. 2014, https://arxiv.org/abs/1410.8516
 */
export const additiveCoupling = builderOf<AdditiveCouplingSpec>('additive_coupling');

function residentShift(
  ops: RowOps,
  layer: Layer<AdditiveCouplingSpec, CouplingTensors>,
  number: 1 | -1,
): ResidentNets {
  const { transformStart: to, transformCount: count } = layer.tensors.blocks;
  return ops.scope(() => {
    const { outputs: from, ...run } = netsForward(ops, layer);
    ops.add({ kind: 'shift', to, count, from, number });
    return run;
  });
}

function shift({ blocks }: CouplingTensors, { rows, activations }: Pass, sign: 1 | -1): Dispatch {
  return shiftBlock({ rows, blocks, sign, conditionerOutput: activations.output, state: STATE });
}
