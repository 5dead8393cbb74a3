/** The base distributions that the page offers, by the names that the command line has for them. */
import type { BaseSpec } from '../src/index.ts';

export const BASES = {
  normal: { type: 'standard_normal' },
  diagonal: { type: 'diagonal_normal' },
  'student-t': { type: 'student_t', df: 5, learned: true },
  'student-t:10': { type: 'student_t', df: 10, learned: false },
  'mixture:2': { type: 'mixture', components: 2 },
  mixture: { type: 'mixture', components: 4 },
  'mixture:8': { type: 'mixture', components: 8 },
  'mixture:16': { type: 'mixture', components: 16 },
  class: { type: 'class_conditional' },
  uniform: { type: 'uniform', bound: 3 },
} as const satisfies Record<string, BaseSpec>;

export type BaseName = keyof typeof BASES;
export const BASE_NAMES = Object.keys(BASES) as BaseName[];

/** The name of a base; undefined for one that is not offered. */
export function baseNameOf(base: BaseSpec): BaseName | undefined {
  return BASE_NAMES.find((name) => JSON.stringify(BASES[name]) === JSON.stringify(base));
}
