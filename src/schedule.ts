/** Learning-rate schedules and the per-step scalars of Adam, computed in f64 on the host. */
import { ShapeError } from './errors.ts';

/** `exponential` multiplies by `decay` each step; `cosine` falls to 0 over the run. */
export type Schedule = { kind: 'constant' } | { kind: 'exponential'; decay: number } | { kind: 'cosine' };

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
