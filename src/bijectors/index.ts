/** The bijectors by type. To add one, add a file next to this one and its lines here. */
import { actnormRoom } from './actnorm.ts';
import { additiveCouplingRoom } from './additiveCoupling.ts';
import { affineCouplingRoom } from './affineCoupling.ts';
import type { Bijector, LayerSpec } from './bijector.ts';
import { channelActnormRoom } from './channelActnorm.ts';
import { convAdditiveCouplingRoom } from './convAdditiveCoupling.ts';
import { convAffineCouplingRoom } from './convAffineCoupling.ts';
import { convLinearRoom } from './convLinear.ts';
import { diagonalScaleRoom } from './diagonalScale.ts';
import { domainRoom } from './domain.ts';
import { invertibleLinearRoom } from './invertibleLinear.ts';
import { logitRoom } from './logit.ts';
import { permutationRoom } from './permutation.ts';
import { splineCouplingRoom } from './splineCoupling.ts';
import { splineElementwiseRoom } from './splineElementwise.ts';
import { splitRoom } from './split.ts';
import { squeezeRoom } from './squeeze.ts';
import { standardizeRoom } from './standardize.ts';

/** @internal */
export const BIJECTORS = {
  domain: domainRoom,
  standardize: standardizeRoom,
  affine_coupling: affineCouplingRoom,
  additive_coupling: additiveCouplingRoom,
  rational_quadratic_coupling: splineCouplingRoom,
  rational_quadratic_elementwise: splineElementwiseRoom,
  diagonal_scale: diagonalScaleRoom,
  actnorm: actnormRoom,
  invertible_linear: invertibleLinearRoom,
  permutation: permutationRoom,
  squeeze: squeezeRoom,
  channel_actnorm: channelActnormRoom,
  conv_linear: convLinearRoom,
  conv_affine_coupling: convAffineCouplingRoom,
  conv_additive_coupling: convAdditiveCouplingRoom,
  split: splitRoom,
  logit: logitRoom,
} satisfies Record<string, Bijector>;

type SpecOf<Room> = Room extends Bijector<infer Spec, infer _> ? Spec : never;

/** The name of a bijector, as in the field `type` of its spec. */
export type BijectorType = keyof typeof BIJECTORS;
/** The spec of any bijector. */
export type BijectorSpec = { [Type in BijectorType]: SpecOf<(typeof BIJECTORS)[Type]> }[BijectorType];

/** The record of the bijector with this spec. @internal */
export function bijectorOf({ type }: LayerSpec): Bijector {
  return BIJECTORS[type as BijectorType];
}

export { actnorm } from './actnorm.ts';
export type { ActnormSpec } from './actnorm.ts';
export { additiveCoupling } from './additiveCoupling.ts';
export type { AdditiveCouplingSpec } from './additiveCoupling.ts';
export { affineCoupling } from './affineCoupling.ts';
export type { AffineCouplingSpec, ConditionerSpec } from './affineCoupling.ts';
export { channelActnorm } from './channelActnorm.ts';
export type { ChannelActnormSpec } from './channelActnorm.ts';
export { convAdditiveCoupling } from './convAdditiveCoupling.ts';
export type { ConvAdditiveCouplingSpec } from './convAdditiveCoupling.ts';
export { convAffineCoupling } from './convAffineCoupling.ts';
export type { ConvAffineCouplingSpec } from './convAffineCoupling.ts';
export { convLinear } from './convLinear.ts';
export type { ConvLinearSpec } from './convLinear.ts';
export { diagonalScale } from './diagonalScale.ts';
export type { DiagonalScaleSpec } from './diagonalScale.ts';
export { domain } from './domain.ts';
export type { DomainSpec } from './domain.ts';
export { invertibleLinear } from './invertibleLinear.ts';
export type { InvertibleLinearSpec } from './invertibleLinear.ts';
export { logit } from './logit.ts';
export type { LogitSpec } from './logit.ts';
export { permutation } from './permutation.ts';
export type { PermutationSpec } from './permutation.ts';
export { splineCoupling } from './splineCoupling.ts';
export type { SplineCouplingSpec } from './splineCoupling.ts';
export { splineElementwise } from './splineElementwise.ts';
export type { SplineElementwiseSpec } from './splineElementwise.ts';
export { split } from './split.ts';
export type { SplitSpec } from './split.ts';
export { squeeze } from './squeeze.ts';
export type { SqueezeSpec } from './squeeze.ts';
export { standardize } from './standardize.ts';
export type { StandardizeSpec } from './standardize.ts';
