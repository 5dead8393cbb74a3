/** The base distributions: what the page offers, and what it says of each. */
import type { BaseSpec } from '../src/index.ts';

interface OfferedBase {
  spec: BaseSpec;
  label: string;
  /** What else must be chosen. */
  needs?: keyof typeof NEEDS;
}

/** Why a base cannot be chosen: the preset must end in a box, or the data must be told apart. */
export const NEEDS = { box: 'splines only', classes: 'tell apart first' } as const;

/** By the names that the command line has for them. */
const offered = {
  normal: { spec: { type: 'standard_normal' }, label: 'normal' },
  diagonal: { spec: { type: 'diagonal_normal' }, label: 'diagonal normal' },
  'student-t': { spec: { type: 'student_t', df: 5, learned: true }, label: 't, learned' },
  'student-t:10': { spec: { type: 'student_t', df: 10, learned: false }, label: "Student's t" },
  'mixture:2': { spec: { type: 'mixture', components: 2 }, label: 'mixture of 2' },
  mixture: { spec: { type: 'mixture', components: 4 }, label: 'mixture of 4' },
  'mixture:8': { spec: { type: 'mixture', components: 8 }, label: 'mixture of 8' },
  'mixture:16': { spec: { type: 'mixture', components: 16 }, label: 'mixture of 16' },
  class: { spec: { type: 'class_conditional' }, label: 'class means', needs: 'classes' },
  uniform: { spec: { type: 'uniform', bound: 3 }, label: 'uniform box', needs: 'box' },
} as const satisfies Record<string, OfferedBase>;

export type BaseName = keyof typeof offered;
export const BASES: Readonly<Record<BaseName, OfferedBase>> = offered;
export const BASE_NAMES = Object.keys(offered) as BaseName[];

/** The name of a base; undefined for one that is not offered. */
export function baseNameOf(base: BaseSpec): BaseName | undefined {
  return BASE_NAMES.find((name) => JSON.stringify(BASES[name].spec) === JSON.stringify(base));
}

export type BaseType = BaseSpec['type'];

interface BaseWords {
  words: string;
  /** Where the last layer leads, if that is not `words`. */
  place?: string;
  /** Unit of the rings in the latent picture. */
  rings?: string;
  /** It ends, so that points beyond its end have no density. */
  isBounded?: boolean;
}

/** Of every type: a model file may have a base that is not offered. */
export const BASE_WORDS: Readonly<Record<BaseType, BaseWords>> = {
  standard_normal: { words: 'a standard Gaussian', place: 'the Gaussian', rings: 'standard deviations' },
  diagonal_normal: { words: 'a Gaussian of learned width' },
  student_t: { words: "a Student's t" },
  mixture: { words: 'a mixture of Gaussians' },
  uniform: { words: 'an even box', isBounded: true },
  class_conditional: { words: 'a Gaussian for each class' },
};
