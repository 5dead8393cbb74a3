/** The valid options of every call, as one table per call, so that a wrong option fails before anything runs. */
import { ShapeError } from '../errors.ts';

/** The valid values of one option, and their description. */
export interface OptionRule {
  expected: string;
  accepts: (value: unknown) => boolean;
}

export type OptionRules<Name extends string = string> = Readonly<Record<Name, OptionRule>>;

/**
 * Checks that `options` has only names of `rules`, each with a value that its rule accepts. An undefined
 * option counts as omitted.
 * @param call names the call in messages: `fit` gives `fit option steps`
 * @param required names of options that must be given
 * @param inside the option that holds these options, such as `validation.`
 * @throws {ShapeError} naming the option, what was found and what was expected
 * @throws the reason of an option `signal` that is already aborted
 */
export function requireOptions(
  call: string,
  options: unknown,
  rules: OptionRules,
  required: readonly string[] = [],
  inside = '',
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ShapeError(`${call} options ${inside}`.trim(), described(options), 'an object');
  }
  const given = new Map<string, unknown>(Object.entries(options));
  for (const name of given.keys()) {
    if (!Object.hasOwn(rules, name)) throw unknownOption(call, inside + name, Object.keys(rules));
  }
  for (const [name, { expected, accepts }] of Object.entries(rules)) {
    const value = given.get(name);
    const isLeftOut = value === undefined && !required.includes(name);
    if (!isLeftOut && !accepts(value)) {
      throw new ShapeError(`${call} option ${inside}${name}`, described(value), expected);
    }
  }
  (given.get('signal') as AbortSignal | undefined)?.throwIfAborted();
}

function unknownOption(call: string, name: string, known: readonly string[]): ShapeError {
  const near = known.find((other) => isNear(name.toLowerCase(), other.toLowerCase()));
  return new ShapeError(
    `${call} option ${printable(name)}`,
    'an unknown name',
    known.length === 0 ? 'no options' : `one of ${known.join(', ')}`,
    near === undefined ? '' : `Did you mean ${near}?`,
  );
}

/** Whether one is a prefix of the other, or they differ by one letter: added, missing, changed or swapped. */
function isNear(a: string, b: string): boolean {
  if (a.length > 2 && b.length > 2 && (a.startsWith(b) || b.startsWith(a))) return true;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return (
    (left.length <= 1 && right.length <= 1) ||
    (left.length === 2 && left[1] === right[0] && left[0] === right[1])
  );
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): OptionRule {
  const isOpen = max === Number.MAX_SAFE_INTEGER;
  return {
    expected: isOpen ? `an integer ≥ ${min}` : `an integer from ${min} to ${max}`,
    accepts: (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

/** A seed of the library's generator. */
export const SEED: OptionRule = { ...integer(0), expected: 'a non-negative integer' };

export const POSITIVE = numberWhere('a number above 0 that float32 can hold', (value) => value > 0);
export const NOT_NEGATIVE = numberWhere('a number ≥ 0 that float32 can hold', (value) => value >= 0);
export const FINITE = numberWhere('a number that float32 can hold', () => true);
export const BELOW_ONE = numberWhere(
  'a number in [0, 1), also as float32',
  (value) => value >= 0 && value < 1,
);

/** A number that is finite in float32, the GPU's precision, and for which `holds` is true. */
export function numberWhere(expected: string, holds: (value: number) => boolean): OptionRule {
  return {
    expected,
    accepts: (value) => {
      const rounded = typeof value === 'number' ? Math.fround(value) : NaN;
      return Number.isFinite(rounded) && holds(rounded);
    },
  };
}

export const FLAG: OptionRule = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

/** Text for files and terminals; a control character could steer a terminal. */
export const TEXT: OptionRule = {
  expected: 'text without control characters',
  accepts: (value) => typeof value === 'string' && !/\p{Cc}/u.test(value),
};

/** An array of the caller; the code that copies it checks its kind, buffer and length. */
export const FLOATS: OptionRule = { expected: 'a Float32Array', accepts: () => true };

export const FUNCTION: OptionRule = {
  expected: 'a function',
  accepts: (value) => typeof value === 'function',
};

export const SIGNAL = withMembers('an AbortSignal', { aborted: 'boolean', throwIfAborted: 'function' });
export const DEVICE = withMembers('a GPUDevice', { queue: 'object', limits: 'object' });

export function oneOf(values: readonly string[]): OptionRule {
  return {
    expected: `one of ${values.join(', ')}`,
    accepts: (value) => typeof value === 'string' && values.includes(value),
  };
}

export function listOf(rule: OptionRule, expected: string, most = Infinity): OptionRule {
  return {
    expected,
    accepts: (value) => Array.isArray(value) && value.length <= most && value.every(rule.accepts),
  };
}

/** Texts that differ. */
export const NAMES: OptionRule = {
  expected: 'names that differ, without control characters',
  accepts: (value) =>
    Array.isArray(value) && value.every(TEXT.accepts) && new Set(value).size === value.length,
};

export function eitherOf(...rules: readonly OptionRule[]): OptionRule {
  return {
    expected: rules.map(({ expected }) => expected).join(', or '),
    accepts: (value) => rules.some(({ accepts }) => accepts(value)),
  };
}

/** An object whose members have these types; inherited members count, as in a device or a signal. */
export function withMembers(expected: string, members: Readonly<Record<string, string>>): OptionRule {
  return {
    expected,
    accepts: (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.entries(members).every(([name, type]) => typeof Reflect.get(value, name) === type),
  };
}

export const OBJECT = withMembers('an object', {});

/** A value in a message: short, and safe to print. */
function described(value: unknown): string {
  if (typeof value !== 'object' || value === null) return atom(value);
  if (Array.isArray(value))
    return value.length > 5 ? `${value.length} items` : `[${value.map(atom).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return Object.prototype.toString.call(value).slice(8, -1);
  const members = Object.entries(value).slice(0, 5);
  return members.length === 0
    ? 'an object'
    : `{ ${members.map(([name, member]) => `${printable(name)}: ${atom(member)}`).join(', ')} }`;
}

function atom(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(printable(value));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

function printable(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return shown.replace(/\p{Cc}/gu, '?');
}
