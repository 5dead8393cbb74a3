/** NICE's coupling on images: z₂ = x₂ + t(x₁), z₁ = x₁, with channels or pixels as x₁ and x₂. It keeps volumes. */
import * as v from 'valibot';
import { additiveCoupling } from '../kernels/coupling/additive_coupling.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import { netSchema } from '../nets/net.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, STATE } from '../plan/names.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, Pass } from './bijector.ts';
import { startCoupling } from './coupling.ts';
import {
  checkImageCoupling,
  CONV_NET,
  imageCouplingDefaults,
  imageCouplingFields,
  imageCouplingKey,
  imageCouplingTensors,
  imageCouplingWords,
  inSingle,
  netCoupling,
} from './imageCoupling.ts';
import type { ImageCouplingTensors } from './imageCoupling.ts';

const schema = v.strictObject({
  type: v.literal('conv_additive_coupling'),
  ...imageCouplingFields,
  /** The net that reads the other block. */
  conditioner: netSchema,
});
/**
 * The spec of `convAdditiveCoupling`.
 * @interface
 */
export type ConvAdditiveCouplingSpec = v.InferOutput<typeof schema>;

type Coupling = Layer<ConvAdditiveCouplingSpec, ImageCouplingTensors>;

export const convAdditiveCouplingRoom: Bijector<ConvAdditiveCouplingSpec, ImageCouplingTensors> = {
  schema,
  // If the last layer started at zero, symmetrical data would keep it there.
  defaults: (place) => ({
    ...imageCouplingDefaults(place),
    conditioner: { ...CONV_NET, init: 'torch_linear' },
  }),
  check: checkImageCoupling,
  imageAfter: (image) => image,
  tensors: (spec, shape, add) => imageCouplingTensors(spec, 1, shape, add),
  start: startCoupling,
  words: (layer) => imageCouplingWords('shift', layer),
  tuningKey: (layer) => imageCouplingKey('shift', layer),
  width: ({ tensors }) => tensors.blocks.transformCount,

  preservesVolume: true,

  forward: (plan, layer, pass) => addMap(plan, layer, pass, 1),
  inverse: (plan, layer, pass) => addMap(plan, layer, { ...pass, keepDerivatives: false }, -1),

  backward(plan, layer, { netsHaveRun, ...pass }) {
    const run = inSingle(pass);
    if (!netsHaveRun) conditionerForward(plan, netCoupling(layer), { ...run, keepDerivatives: true });
    const elements = layer.tensors.blocks.transformCount * pass.rows;
    // The net's gradient must not read the gradients of x₁, to which it adds.
    const dConditionerOutput = plan.buffer(D_CONDITIONER_OUTPUT, elements);
    plan.add(shift(layer, pass, -1, { dState: D_STATE, dConditionerOutput }));
    conditionerBackward(plan, netCoupling(layer), run);
  },
};

/**
 * NICE's coupling on images, with a convolutional net. It keeps volumes.
 * @see Dinh et al. 2014, https://arxiv.org/abs/1410.8516
 */
export const convAdditiveCoupling = builderOf<ConvAdditiveCouplingSpec>('conv_additive_coupling');

function addMap(
  plan: PlanBuilder,
  layer: Coupling,
  pass: Pass & { keepDerivatives: boolean },
  sign: 1 | -1,
): void {
  conditionerForward(plan, netCoupling(layer), inSingle(pass));
  plan.add(shift(layer, pass, sign));
}

function shift(
  { tensors: { blocks, checkerboard } }: Coupling,
  { rows, activations }: Pass,
  sign: 1 | -1,
  gradient?: { dState: string; dConditionerOutput: string },
): Dispatch {
  const conditionerOutput = activations.output;
  return additiveCoupling({ rows, blocks, checkerboard, sign, conditionerOutput, state: STATE, gradient });
}
