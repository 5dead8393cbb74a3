/** Measures plans that do the same work by different kernels. */
import type { Plan } from '../plan.ts';
import type { OwnedBuffer } from './buffers.ts';
import type { GpuContext } from './context.ts';
import { GpuProgram } from './executor.ts';

/** Part of the budget after which compilation is no longer waited for. */
const COMPILING_SHARE = 0.6;

/** A timed submit lasts about this long, so that a coarse clock and the way to the queue matter little. */
const SAMPLE_MS = 3;
const MAX_REPEATS = 64;
const MAX_SAMPLES = 7;

/** A run that is repeated without thinking of the budget. */
const QUICK_MS = 20;

/** How much slower than the fastest a plan's first time may be for it to be timed again. */
const OUT_OF_THE_RACE = 1.6;

interface Runner {
  index: number;
  program: GpuProgram;
  /** Time of one run, ms, and runs per sample. */
  once: number;
  repeats: number;
  samples: number[];
}

/**
 * The median time of one run of each plan, in ms; undefined for a plan that did not compile or get its turn in time.
 * The plans run on buffers of their own, which are zero at first and freed afterwards. The first plan is the one to beat:
 * it is waited for even beyond the budget, since without another it will be run anyway.
 */
export async function planTimes(
  context: GpuContext,
  plans: readonly Plan[],
  budgetMs: number,
): Promise<(number | undefined)[]> {
  const start = performance.now();
  const end = start + budgetMs;
  const times = plans.map((): number | undefined => undefined);
  const compiled = await compiledBy(context, plans, start + COMPILING_SHARE * budgetMs);
  if (compiled.length < 2 || performance.now() > end) return times;
  const owned: { dispose(): void }[] = [];
  try {
    const buffers = scratchBuffers(context, compiled.map((index) => plans[index]).filter(isPlan));
    owned.push(...buffers.values());
    const runners: Runner[] = [];
    let firstRunMs = 0;
    let fastest = Infinity;
    for (const index of compiled) {
      const plan = plans[index];
      // Drivers may compile at a first run; that of another plan will hardly be shorter than those before.
      if (plan === undefined || performance.now() + firstRunMs > end) break;
      const program = await GpuProgram.create(context, plan, buffers);
      owned.push(program);
      firstRunMs = Math.max(firstRunMs, await runTime(context, program, 1));
      let once = await runTime(context, program, 1);
      // Of a few, since a hiccup must not put a plan out of the race.
      for (let run = 0; run < 2 && once < QUICK_MS; run++) {
        once = Math.min(once, await runTime(context, program, 1));
      }
      times[index] = once;
      fastest = Math.min(fastest, once);
      const repeats = Math.min(MAX_REPEATS, Math.max(1, Math.ceil(SAMPLE_MS / Math.max(once, 1e-3))));
      runners.push({ index, program, once, repeats, samples: [] });
    }
    const inRace = runners.filter(({ once }) => once <= OUT_OF_THE_RACE * fastest);
    // In turns, so that a slow moment of the machine meets all of them.
    for (let round = 0; round < MAX_SAMPLES; round++) {
      const roundMs = inRace.reduce((sum, { once, repeats }) => sum + once * repeats, 0);
      if (inRace.length < 2 || performance.now() + roundMs > end) break;
      for (const { program, repeats, samples } of inRace) {
        samples.push((await runTime(context, program, repeats)) / repeats);
      }
    }
    for (const { index, samples } of inRace) if (samples.length > 0) times[index] = median(samples);
    return times;
  } finally {
    for (const resource of owned) resource.dispose();
  }
}

/** Starts to compile every plan; the indices of those that are ready by `deadline`, none if the first fails. */
async function compiledBy(context: GpuContext, plans: readonly Plan[], deadline: number): Promise<number[]> {
  const compilations = plans.map(async ({ dispatches }) => {
    try {
      await Promise.all(dispatches.map((dispatch) => context.pipelines.get(dispatch)));
      return true;
    } catch {
      // Whoever runs the plan is told; another choice is better than an error.
      return false;
    }
  });
  if (!(await compilations[0])) return [];
  const ready = await Promise.all(compilations.map((compilation) => before(deadline, compilation)));
  return ready.flatMap((isReady, index) => (isReady === true ? [index] : []));
}

async function before<T>(deadline: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, deadline - performance.now()));
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** One buffer for each name, long enough for every plan. */
function scratchBuffers(context: GpuContext, plans: readonly Plan[]): Map<string, OwnedBuffer> {
  const lengths = new Map<string, number>();
  for (const { name, length } of plans.flatMap(({ buffers }) => buffers)) {
    lengths.set(name, Math.max(length, lengths.get(name) ?? 0));
  }
  const buffers = new Map<string, OwnedBuffer>();
  for (const [name, length] of lengths) buffers.set(name, context.buffers.storage(`tuning/${name}`, length));
  return buffers;
}

/** Wall time in ms from the submit of `repeats` runs to their end. */
async function runTime({ device }: GpuContext, program: GpuProgram, repeats: number): Promise<number> {
  const start = performance.now();
  program.run(repeats);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function isPlan(plan: Plan | undefined): plan is Plan {
  return plan !== undefined;
}
