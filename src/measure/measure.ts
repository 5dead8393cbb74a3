/** Takes time samples until a budget is spent. */
import type { GpuProgram } from '../gpu/executor.ts';
import type { Clock, Stopwatch } from '../gpu/timing.ts';
import { summarize } from './statistics.ts';
import type { TimeSummary } from './statistics.ts';

export interface Budget {
  /** Milliseconds of one entry, once warm. */
  ms: number;
  /** Minimum number of samples, even if they exceed the budget. */
  leastSamples: number;
}

const MAX_SAMPLES = 50;
/** Target duration of a sample, long against the clock's resolution and the start of a pass. */
const SAMPLE_MS = { 'GPU timestamps': 10, 'wall clock': 20 } as const;
const MAX_REPEATS = 1000;

export interface Timer {
  readonly clock: Clock;
  /** Milliseconds of this many runs. */
  time(repeats: number): Promise<number>;
}

/** @param restore undoes the changes of a sample; it runs before each sample, untimed */
export function programTimer(
  stopwatch: Stopwatch,
  program: GpuProgram,
  restore: () => void = () => undefined,
): Timer {
  return {
    get clock() {
      return stopwatch.clock;
    },
    time: (repeats) => {
      restore();
      return stopwatch.time(program, repeats);
    },
  };
}

/** Warms up, then takes samples, each with as many runs as fill it. */
export async function measure(
  timer: Timer,
  { ms: budgetMs, leastSamples }: Budget,
  signal?: AbortSignal,
): Promise<TimeSummary> {
  const sample = async (repeats: number): Promise<number> => {
    signal?.throwIfAborted();
    return (await timer.time(repeats)) / repeats;
  };
  // The first run may compile.
  await sample(1);
  let once = await sample(1);
  // Too short to measure with one run.
  if (once < SAMPLE_MS[timer.clock] / 50) once = await sample(100);
  const fitting = Math.round(SAMPLE_MS[timer.clock] / Math.max(once, 1e-4));
  let repeats = Math.min(MAX_REPEATS, Math.max(1, fitting));
  const samples = repeats === 1 ? [once] : [];
  const begin = performance.now();
  while (
    samples.length < leastSamples ||
    (samples.length < MAX_SAMPLES && performance.now() - begin < budgetMs)
  ) {
    const ms = await sample(repeats);
    // Below the clock's resolution: an earlier sample was disturbed and overestimated the time.
    if (ms === 0 && repeats < MAX_REPEATS) {
      repeats = Math.min(MAX_REPEATS, 10 * repeats);
      samples.length = 0;
      continue;
    }
    samples.push(ms);
  }
  return summarize(samples, repeats);
}
