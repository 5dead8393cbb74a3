/** The base distributions that the page offers, and their descriptions. */
import type { BaseSpec } from '../src/index.ts';

interface OfferedBase {
  spec: BaseSpec;
  label: string;
  /** The extra choice that this base requires. */
  needs?: keyof typeof NEEDS;
}

/** Why a base is disabled: the preset must end in a box, or the classes must be split. */
export const NEEDS = { box: 'splines only', classes: 'tell apart first' } as const;

/** Keyed by the command line's names. */
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

/** The name of a base; undefined if the page does not offer it. */
export function baseNameOf(base: BaseSpec): BaseName | undefined {
  return BASE_NAMES.find((name) => JSON.stringify(BASES[name].spec) === JSON.stringify(base));
}

export type BaseType = BaseSpec['type'];

interface BaseWords {
  words: string;
  /** The target of the last layer, if that is not `words`. */
  place?: string;
  /** Unit of the rings in the latent picture. */
  rings?: string;
  /** The support is bounded: points outside it have no density. */
  isBounded?: boolean;
}

const WORDS: Readonly<Partial<Record<BaseType, BaseWords>>> = {
  standard_normal: { words: 'a standard Gaussian', place: 'the Gaussian', rings: 'standard deviations' },
  diagonal_normal: { words: 'a Gaussian of learned width' },
  student_t: { words: "a Student's t" },
  mixture: { words: 'a mixture of Gaussians' },
  uniform: { words: 'an even box', isBounded: true },
  class_conditional: { words: 'a Gaussian for each class' },
};

/** A model file may have a base without words here. */
export function baseWords(base: BaseType): BaseWords {
  return WORDS[base] ?? { words: `a base of the type ${base}` };
}
