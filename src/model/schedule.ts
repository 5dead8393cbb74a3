/** Learning-rate schedules and the per-step scalars of Adam, computed in f64 on the host. */
import { ShapeError } from '../errors.ts';
import type { OptionRule } from '../calls/optionRules.ts';

/**
 * `exponential` multiplies by `decay` each step; `cosine` falls to 0 over the run. `plateau` multiplies by `factor`
 * after `patience` validation scores in a row without a better one.
 */
export type Schedule =
  | { kind: 'constant' }
  | { kind: 'cosine' }
  | { kind: 'exponential'; decay: number }
  | { kind: 'plateau'; factor: number; patience: number };

/** A schedule over a run: what decides the learning rate of each step. */
export interface ScheduledRate {
  schedule: Schedule;
  /** The learning rate that the schedule starts from. */
  learningRate: number;
  /** Steps of the whole run. */
  steps: number;
  /** Steps over which the rate first rises linearly; default 0. */
  warmup?: number;
}

type Fields = Partial<Record<string, unknown>>;

/** The fields of each schedule, with what they may be. */
const FIELDS: Readonly<Record<string, (fields: Fields) => boolean>> = {
  constant: () => true,
  cosine: () => true,
  exponential: ({ decay }) => typeof decay === 'number' && decay > 0 && decay <= 1,
  plateau: ({ factor, patience }) =>
    typeof factor === 'number' &&
    factor > 0 &&
    factor < 1 &&
    Number.isSafeInteger(patience) &&
    Number(patience) >= 1,
};

const NAMES: Readonly<Record<string, readonly string[]>> = {
  exponential: ['decay'],
  plateau: ['factor', 'patience'],
};

/** The rule of a schedule in options. */
export const SCHEDULE: OptionRule = {
  expected:
    "{ kind: 'constant' }, { kind: 'cosine' }, { kind: 'exponential', decay } with 0 < decay ≤ 1, or " +
    "{ kind: 'plateau', factor, patience } with 0 < factor < 1 and a whole patience ≥ 1, and nothing else in it",
  accepts: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { kind, ...fields } = value as Fields;
    if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return false;
    const given = Object.keys(fields).filter((name) => fields[name] !== undefined);
    const names = NAMES[kind] ?? [];
    return given.every((name) => names.includes(name)) && FIELDS[kind]?.(fields) === true;
  },
};

/** The text forms of a schedule. */
export const SCHEDULE_TEXTS =
  'constant, cosine, exponential:DECAY with 0 < DECAY ≤ 1, or plateau:FACTOR:PATIENCE with 0 < FACTOR < 1';

/** Learning rate of step `step` (from 0). A plateau's reductions are in its `learningRate`. */
export function learningRateAt(
  { schedule, learningRate, steps, warmup = 0 }: ScheduledRate,
  step: number,
): number {
  const rate = learningRate * shareAt(schedule, step, steps);
  return step < warmup ? rate * ((step + 1) / warmup) : rate;
}

function shareAt(schedule: Schedule, step: number, steps: number): number {
  switch (schedule.kind) {
    case 'constant':
    case 'plateau':
      return 1;
    case 'exponential':
      return schedule.decay ** step;
    case 'cosine':
      return 0.5 * (1 + Math.cos((Math.PI * step) / steps));
  }
}

/** Reads `constant`, `cosine`, `exponential:0.999`, `plateau:0.5:5`. @throws {ShapeError} for anything else */
export function parseSchedule(text: string): Schedule {
  const [kind = '', ...numbers] = text.split(':');
  const names = NAMES[kind] ?? [];
  const isWhole = numbers.length === names.length && numbers.every((part) => /^[\d.eE+-]+$/.test(part));
  const read = { kind, ...Object.fromEntries(names.map((name, place) => [name, Number(numbers[place])])) };
  if (isWhole && SCHEDULE.accepts(read)) return read as Schedule;
  throw new ShapeError('schedule', `"${text}"`, SCHEDULE_TEXTS);
}

/** The text that `parseSchedule` reads. */
export function formatSchedule({ kind, ...fields }: Schedule): string {
  return [kind, ...(NAMES[kind] ?? []).map((name) => (fields as Fields)[name])].join(':');
}
