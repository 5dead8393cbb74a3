/** Times plans that do the same work with different kernels. */
import { wordsByName } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { OwnedBuffer } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import { GpuProgram } from './executor.ts';
import type { SharedBuffers } from './executor.ts';

/** Share of the budget after which to stop waiting for compilation. */
const COMPILING_SHARE = 0.6;

/** Share of the budget reserved for the comparison. */
const RACE_SHARE = 0.1;

/** Target duration of a timed submit, so that a coarse clock and the submit overhead matter little. */
const SAMPLE_MS = 3;
const MAX_REPEATS = 64;
const MIN_SAMPLES = 3;
const MAX_SAMPLES = 7;

/** A faster run is repeated without checking the budget. */
const QUICK_MS = 60;

/** A plan is timed again only if its first time is at most this many times the fastest one. */
const OUT_OF_THE_RACE = 2;

interface Runner {
  index: number;
  program: GpuProgram;
  firstRunMs: number;
  /** Time of a run, if known. */
  ms: number | undefined;
}

/** The times, and the time spent to measure them. */
export interface PlanTimes {
  /** The median time of one run of each plan, ms; undefined if a plan was not ready or not timed in time. */
  ms: (number | undefined)[];
  /** Duration of the search, counted from when the first plan could run, ms. */
  searchMs: number;
}

/**
 * Times plans against each other, on separate buffers that start at zero. All plans compile at once. The first plan is
 * the baseline, and it runs later anyway if no other beats it: so the budget starts when it is compiled.
 */
export async function planTimes(context: Gpu, plans: readonly Plan[], budgetMs: number): Promise<PlanTimes> {
  const [first, ...others] = plans.map((plan, index) => ({ index, plan, ready: isCompiled(context, plan) }));
  const untimed = { ms: plans.map(() => undefined), searchMs: 0 };
  if (first === undefined || !(await first.ready)) return untimed;
  const scratch = new Map<string, OwnedBuffer>();
  const runners: Runner[] = [];
  try {
    for (const [name, words] of wordsByName(plans)) {
      scratch.set(name, context.buffers.storage(`tuning/${name}`, words));
    }
    runners.push(await runnerOf(context, first, scratch));
    const start = performance.now();
    const end = start + budgetMs;
    for (const other of others) {
      // Drivers may compile at a first run. Assume that the next plan's first run takes as long as the longest so far.
      const firstRunMs = Math.max(...runners.map((runner) => runner.firstRunMs));
      if (performance.now() + firstRunMs > end) break;
      const isReady = await before(start + COMPILING_SHARE * budgetMs, other.ready);
      if (isReady === true) runners.push(await runnerOf(context, other, scratch));
    }
    // Compare all compiled plans, even if compiling took the whole budget.
    await race(context, runners, Math.max(end, performance.now() + RACE_SHARE * budgetMs));
    const ms = plans.map((_, index) => runners.find((runner) => runner.index === index)?.ms);
    return { ms, searchMs: performance.now() - start };
  } finally {
    for (const { program } of runners) program.dispose();
    for (const buffer of scratch.values()) buffer.dispose();
  }
}

async function runnerOf(
  context: Gpu,
  { index, plan }: { index: number; plan: Plan },
  scratch: SharedBuffers,
): Promise<Runner> {
  const program = await GpuProgram.create(context, plan, scratch);
  const firstRunMs = await runTime(context, program, 1);
  let ms = await runTime(context, program, 1);
  // The best of a few runs, so that a hiccup does not exclude a plan.
  for (let run = 0; run < 2 && ms < QUICK_MS; run++) ms = Math.min(ms, await runTime(context, program, 1));
  return { index, program, firstRunMs, ms };
}

/** Replaces the times of the fastest plans by medians, or by undefined if there is too little time. */
async function race(context: Gpu, runners: readonly Runner[], end: number): Promise<void> {
  const fastest = Math.min(...runners.map(({ ms }) => ms ?? Infinity));
  const entries = runners
    .filter(({ ms = Infinity }) => ms <= OUT_OF_THE_RACE * fastest)
    .map((runner) => {
      const once = Math.max(runner.ms ?? 0, 1e-3);
      const repeats = Math.min(MAX_REPEATS, Math.max(1, Math.ceil(SAMPLE_MS / once)));
      return { runner, repeats, sampleMs: repeats * once, samples: [] as number[] };
    });
  if (entries.length < 2) return;
  const roundMs = entries.reduce((sum, { sampleMs }) => sum + sampleMs, 0);
  let rounds = 0;
  // In turns, so that a slow moment of the machine affects all plans.
  for (; rounds < MAX_SAMPLES && performance.now() + roundMs <= end; rounds++) {
    for (const { runner, repeats, samples } of entries) {
      samples.push((await runTime(context, runner.program, repeats)) / repeats);
    }
  }
  for (const { runner, samples } of entries) {
    runner.ms = rounds < MIN_SAMPLES ? undefined : median(samples);
  }
}

/** Compiles the plan; false if that fails. The search ignores the error; a real run would report it. */
async function isCompiled({ pipelines }: Gpu, { dispatches }: Plan): Promise<boolean> {
  try {
    await Promise.all(dispatches.map((dispatch) => pipelines.get(dispatch)));
    return true;
  } catch {
    return false;
  }
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

/** Wall time in ms from the submit of `repeats` runs to their end. */
async function runTime({ device }: Gpu, program: GpuProgram, repeats: number): Promise<number> {
  const start = performance.now();
  await program.run(repeats);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
