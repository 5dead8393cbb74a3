/** Learning-rate schedules and the per-step scalars of Adam, computed in f64 on the host. */
import { ShapeError } from '../errors.ts';
import type { OptionRule } from '../calls/optionRules.ts';

/** `exponential` multiplies by `decay` each step; `cosine` falls to 0 over the run. */
export type Schedule = { kind: 'constant' } | { kind: 'exponential'; decay: number } | { kind: 'cosine' };

const KINDS = ['constant', 'cosine', 'exponential'];

/** The rule of a schedule in options. */
export const SCHEDULE: OptionRule = {
  expected:
    "{ kind: 'constant' }, { kind: 'cosine' } or { kind: 'exponential', decay } with 0 < decay ≤ 1 and nothing else in it",
  accepts: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { kind, ...rest } = value as Partial<Record<string, unknown>>;
    if (typeof kind !== 'string' || !KINDS.includes(kind)) return false;
    const { decay, ...others } = rest;
    const isDecay = typeof decay === 'number' && decay > 0 && decay <= 1;
    return Object.keys(others).length === 0 && (kind === 'exponential' ? isDecay : decay === undefined);
  },
};

/** Learning rate of step `step` (from 0) of `steps`. */
export function learningRateAt(schedule: Schedule, base: number, step: number, steps: number): number {
  switch (schedule.kind) {
    case 'constant':
      return base;
    case 'exponential':
      return base * schedule.decay ** step;
    case 'cosine':
      return 0.5 * base * (1 + Math.cos((Math.PI * step) / steps));
  }
}

/** Reads `constant`, `cosine`, `exponential:0.999`. @throws {ShapeError} for anything else */
export function parseSchedule(text: string): Schedule {
  if (text === 'constant' || text === 'cosine') return { kind: text };
  const decay = /^exponential:([\d.eE+-]+)$/.exec(text)?.[1];
  if (decay !== undefined && Number(decay) > 0 && Number(decay) <= 1) {
    return { kind: 'exponential', decay: Number(decay) };
  }
  throw new ShapeError('schedule', `"${text}"`, 'constant, cosine or exponential:DECAY with 0 < DECAY ≤ 1');
}

export function formatSchedule(schedule: Schedule): string {
  return schedule.kind === 'exponential' ? `exponential:${schedule.decay}` : schedule.kind;
}
