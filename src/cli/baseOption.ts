/** `--base`: the density of the latent. */
import { InvalidArgumentError } from 'commander';
import { checkedBase } from '../spec/schema.ts';
import {
  studentT,
  standardNormal,
  mixture,
  diagonalNormal,
  classConditional,
  uniform,
} from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';

/** `normal`, `diagonal`, `student-t[:df]`, `mixture:K`, `uniform[:bound]` or `class`. */
export function base(text: string): BaseSpec {
  const [name = '', ...rest] = text.split(':');
  const number = rest[0] === undefined ? undefined : Number(rest[0].trim() === '' ? NaN : rest[0]);
  const spec = rest.length > 1 ? undefined : BASES.get(name)?.(number);
  if (spec === undefined) {
    throw new InvalidArgumentError(
      'Expected normal, diagonal, student-t, student-t:DF, mixture:K, uniform:BOUND or class.',
    );
  }
  try {
    return checkedBase(spec);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** The base for a name and the number after its colon; undefined if the number is missing or not allowed. */
const BASES = new Map<string, (number: number | undefined) => BaseSpec | undefined>(
  Object.entries({
    normal: (number) => (number === undefined ? standardNormal() : undefined),
    diagonal: (number) => (number === undefined ? diagonalNormal() : undefined),
    class: (number) => (number === undefined ? classConditional() : undefined),
    'student-t': (df) => studentT(df === undefined ? {} : { df, learned: false }),
    mixture: (components) => (components === undefined ? undefined : mixture({ components })),
    uniform: (bound) => uniform(bound === undefined ? {} : { bound }),
  }),
);
