/** How two models on the same data compare. */
import { count, decimal, nats } from '../figures.ts';
import type { Sentences } from './sentence.ts';

/** A smaller difference may be chance, nats. */
const CHANCE = 0.02;

export interface PairFacts {
  isOff: boolean;
  diverged: readonly string[];
  step: number;
  /** Losses of A and B at this step, nats. */
  losses: readonly [number, number] | null;
}

export const PAIRS: Sentences<PairFacts> = {
  off: ({ isOff }) => isOff && 'There is no WebGPU here, so nothing can be trained.',
  diverged: ({ diverged }) =>
    diverged.length > 0 &&
    `Training of ${diverged.join(' and ')} has diverged. Choose a smaller model, or reset.`,
  untrained: ({ step, losses }) =>
    (step === 0 || losses === null) && 'Both learn the same data and stop at the same steps.',
  level: ({ step, losses }) =>
    losses !== null &&
    Math.abs(losses[0] - losses[1]) < CHANCE &&
    `At step ${count(step)} they are level: ${decimal(losses[0])} and ${nats(losses[1])}.`,
  ahead: ({ step, losses }) => {
    const [a, b] = losses ?? [NaN, NaN];
    const [name, other] = a < b ? ['A', 'B'] : ['B', 'A'];
    return `At step ${count(step)} ${name} is ${nats(Math.abs(a - b))} better than ${other}: ${decimal(Math.min(a, b))} against ${nats(Math.max(a, b))}.`;
  },
};
