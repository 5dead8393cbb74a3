/** `--base`: the density of the latent. */
import { InvalidArgumentError } from 'commander';
import type { Base } from '../bases/base.ts';
import { BASES } from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';
import { checkedBase } from '../spec/schema.ts';

const ROOMS = Object.entries<Base>(BASES);

/** The forms of the option: `normal, student-t, student-t:DF, mixture:K`. */
export const BASE_FORMS = ROOMS.flatMap(([, { option }]) => formsOf(option)).join(', ');

function formsOf({ name, number }: Base['option']): string[] {
  if (number === undefined) return [name];
  const withNumber = `${name}:${number.name}`;
  return number.isNeeded === true ? [withNumber] : [name, withNumber];
}

/** Reads a form of the option. */
export function base(text: string): BaseSpec {
  const [name = '', ...rest] = text.split(':');
  const number = rest[0] === undefined ? undefined : Number(rest[0].trim() === '' ? NaN : rest[0]);
  const spec = rest.length > 1 ? undefined : specOf(name, number);
  if (spec === undefined) throw new InvalidArgumentError(`Expected one of ${BASE_FORMS}.`);
  try {
    return checkedBase(spec);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** A spec to be checked; undefined for an unknown name, and if the number is missing or not allowed. */
function specOf(name: string, number: number | undefined): BaseSpec | undefined {
  const [type, room] = ROOMS.find(([, { option }]) => option.name === name) ?? [];
  if (room === undefined) return undefined;
  const { number: form } = room.option;
  if (number === undefined ? form?.isNeeded === true : form === undefined) return undefined;
  const fields = number === undefined ? {} : form?.fields(number);
  return { type, ...room.defaults(), ...fields } as BaseSpec;
}
