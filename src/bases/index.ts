/** The base distributions by type. To add one, add a file next to this one and its lines here. */
import type { Base, BaseSpecOf } from './base.ts';
import { classConditionalRoom } from './classConditional.ts';
import { diagonalNormalRoom } from './diagonalNormal.ts';
import { mixtureRoom } from './mixture.ts';
import { standardNormalRoom } from './standardNormal.ts';
import { studentTRoom } from './studentT.ts';
import { uniformRoom } from './uniform.ts';

/** @internal */
export const BASES = {
  standard_normal: standardNormalRoom,
  class_conditional: classConditionalRoom,
  diagonal_normal: diagonalNormalRoom,
  student_t: studentTRoom,
  mixture: mixtureRoom,
  uniform: uniformRoom,
} satisfies Record<string, Base>;

type SpecOf<Room> = Room extends Base<infer Spec, infer _> ? Spec : never;

/** The name of a base, as in the field `type` of its spec. */
export type BaseType = keyof typeof BASES;
/** The density of the latent z. */
export type BaseSpec = { [Type in BaseType]: SpecOf<(typeof BASES)[Type]> }[BaseType];

/** The record of the base with this spec. @internal */
export function baseOf({ type }: BaseSpecOf): Base {
  return BASES[type as BaseType];
}

export { classConditional } from './classConditional.ts';
export type { ClassConditionalSpec } from './classConditional.ts';
export { diagonalNormal } from './diagonalNormal.ts';
export type { DiagonalNormalSpec } from './diagonalNormal.ts';
export { mixture } from './mixture.ts';
export type { MixtureSpec } from './mixture.ts';
export { standardNormal } from './standardNormal.ts';
export type { StandardNormalSpec } from './standardNormal.ts';
export { studentT } from './studentT.ts';
export type { StudentTSpec } from './studentT.ts';
export { uniform } from './uniform.ts';
export type { UniformSpec } from './uniform.ts';
