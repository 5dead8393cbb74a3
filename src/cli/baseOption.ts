/** `--base`: the density of the latent. */
import { InvalidArgumentError } from 'commander';
import { validateBase } from '../spec/rules.ts';
import type { BaseSpec } from '../spec/spec.ts';

/** Where the splines of the preset end. */
const DEFAULT_BOUND = 3;
/** Heavy tails with a variance. */
const DEFAULT_DF = 5;

/** `normal`, `diagonal`, `student-t[:df]`, `mixture:K`, `uniform[:bound]` or `class`. */
export function base(text: string): BaseSpec {
  const [name = '', ...rest] = text.split(':');
  const number = rest[0] === undefined ? undefined : Number(rest[0].trim() === '' ? NaN : rest[0]);
  const spec = rest.length > 1 ? undefined : baseOf(name, number);
  if (spec === undefined) {
    throw new InvalidArgumentError(
      'Expected normal, diagonal, student-t, student-t:DF, mixture:K, uniform:BOUND or class.',
    );
  }
  try {
    validateBase(spec);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return spec;
}

function baseOf(name: string, number: number | undefined): BaseSpec | undefined {
  switch (name) {
    case 'normal':
      return number === undefined ? { type: 'standard_normal' } : undefined;
    case 'diagonal':
      return number === undefined ? { type: 'diagonal_normal' } : undefined;
    case 'class':
      return number === undefined ? { type: 'class_conditional' } : undefined;
    case 'student-t':
      return { type: 'student_t', df: number ?? DEFAULT_DF, learned: number === undefined };
    case 'mixture':
      return number === undefined ? undefined : { type: 'mixture', components: number };
    case 'uniform':
      return { type: 'uniform', bound: number ?? DEFAULT_BOUND };
    default:
      return undefined;
  }
}
