/** The adapter's peaks: multiply-adds in registers, copies through memory, and empty dispatches. */
import type { Gpu } from '../gpu/gpu.ts';
import { GpuProgram } from '../gpu/executor.ts';
import type { SharedBuffers } from '../gpu/executor.ts';
import type { Stopwatch } from '../gpu/timing.ts';
import { peakCopy } from '../kernels/measure/peak_copy.ts';
import type { CopyShape } from '../kernels/measure/peak_copy.ts';
import { peakFma } from '../kernels/measure/peak_fma.ts';
import type { FmaShape } from '../kernels/measure/peak_fma.ts';
import { peakLaunch } from '../kernels/measure/peak_launch.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { Plan } from '../plan/plan.ts';
import { measure, programTimer } from './measure.ts';
import type { Budget } from './measure.ts';
import { partOf } from './statistics.ts';
import type { TimeSummary } from './statistics.ts';

/** The fastest of the layouts tried. */
export interface PeakMeasurement {
  /** GFLOP/s, or GB/s. */
  rate: number;
  /** In words: `16 chains, fma()`. */
  layout: string;
  /** The times, in milliseconds. */
  time: TimeSummary;
}

/** Measured peak rates of an adapter. */
export interface Peaks {
  /** Multiply-adds, in operations. */
  fma: PeakMeasurement;
  /** Copies of memory, in bytes. */
  copy: PeakMeasurement;
  /** The time of a dispatch that does nothing, one of many in a pass. Runs of older versions lack it. */
  launch?: TimeSummary;
}

// The fastest one depends on registers, on vector units and on how the driver compiles fma().
const FMA_SHAPES: readonly FmaShape[] = [
  { chains: 8, unroll: 8, vec4: false, fused: true },
  { chains: 16, unroll: 8, vec4: false, fused: true },
  { chains: 32, unroll: 4, vec4: false, fused: true },
  { chains: 8, unroll: 8, vec4: false, fused: false },
  { chains: 16, unroll: 8, vec4: false, fused: false },
  { chains: 2, unroll: 8, vec4: true, fused: true },
  { chains: 4, unroll: 8, vec4: true, fused: true },
  { chains: 4, unroll: 8, vec4: true, fused: false },
  { chains: 8, unroll: 4, vec4: true, fused: false },
];

const COPY_SHAPES: readonly CopyShape[] = [
  { perInvocation: 8, vec4: false },
  { perInvocation: 1, vec4: true },
  { perInvocation: 4, vec4: true },
  { perInvocation: 16, vec4: true },
];

const COPY_BUFFERS = ['input', 'output'] as const;

/** Elements of a buffer beyond the caches: 32 and 64 MiB, of which two are moved. */
const COPY_ELEMENTS = [2 ** 23, 2 ** 24] as const;

/** Minimum duration of one launch of the FMA kernel, so that its start and end hardly count. */
const FMA_LAUNCH_MS = 5;
const FMA_START = { invocations: 2 ** 14, rounds: 32 };
const FMA_MOST = { invocations: 2 ** 20, rounds: 4096 };

/** Empty dispatches of a run: enough that the start and end of a pass hardly count. */
const LAUNCHES = 64;

/** A first look at every layout, then several rounds of the best ones, because a single median may be unlucky. */
const FIRST_LOOK: Budget = { ms: 30, leastSamples: 2 };
const FINALISTS = 3;
const FINALS = 3;

interface Candidate {
  layout: string;
  /** Work in units of the rate times 1e6. */
  work: number;
  plan: Plan;
}

/** Plans of the peak kernels, one per layout, small enough for the f64 twin. */
export function peakCheckPlans(): Plan[] {
  return [
    ...FMA_SHAPES.map((shape) => fmaPlan(shape, 65, 1)),
    ...COPY_SHAPES.map((shape) => copyPlan(shape, 4 * 257)),
    launchPlan(1, 65),
  ];
}

export async function measurePeaks(
  context: Gpu,
  stopwatch: Stopwatch,
  budget: Budget,
  signal?: AbortSignal,
): Promise<Peaks> {
  const copy = copySizes(context).flatMap((elements) =>
    COPY_SHAPES.map((shape): Candidate => {
      const plan = copyPlan(shape, elements);
      return { layout: copyLayout(shape, elements), plan, work: sum(plan.dispatches, 'bytes') };
    }),
  );
  const fma = await measureFmaPeak(context, stopwatch, budget, signal);
  // All copies share their buffers: the first use of so much memory takes longer than the copies.
  const elements = Math.max(...copySizes(context));
  const buffers = COPY_BUFFERS.map(
    (name) => [name, context.buffers.storage(`peak_copy/${name}`, elements)] as const,
  );
  try {
    return {
      fma,
      copy: await fastest(context, stopwatch, copy, budget, signal, new Map(buffers)),
      launch: await measureLaunch(context, stopwatch, budget, signal),
    };
  } finally {
    for (const [, buffer] of buffers) buffer.dispose();
  }
}

/** The peak rate of multiply-adds, in GFLOP/s. */
export async function measureFmaPeak(
  context: Gpu,
  stopwatch: Stopwatch,
  budget: Budget,
  signal?: AbortSignal,
): Promise<PeakMeasurement> {
  const rounds = await longLaunch(context, stopwatch);
  const fma = FMA_SHAPES.map((shape): Candidate => {
    // Every layout does the same work.
    const links = shape.chains * shape.unroll * (shape.vec4 ? 4 : 1);
    const plan = fmaPlan(shape, rounds.invocations, Math.ceil((rounds.rounds * 128) / links));
    return { layout: fmaLayout(shape), plan, work: sum(plan.dispatches, 'flops') };
  });
  return fastest(context, stopwatch, fma, budget, signal);
}

/** The time of an empty dispatch that waits for the one before, as those of a plan do. */
async function measureLaunch(
  context: Gpu,
  stopwatch: Stopwatch,
  budget: Budget,
  signal?: AbortSignal,
): Promise<TimeSummary> {
  using program = await GpuProgram.create(context, launchPlan(LAUNCHES, 0));
  return partOf(await measure(programTimer(stopwatch, program), budget, signal), LAUNCHES);
}

/** Invocations and rounds of the FMA kernel, with 128 links per round, that take `FMA_LAUNCH_MS`. */
async function longLaunch(context: Gpu, stopwatch: Stopwatch): Promise<typeof FMA_START> {
  let { invocations, rounds } = FMA_START;
  const shape = { chains: 16, unroll: 8, vec4: false, fused: false };
  for (;;) {
    using program = await GpuProgram.create(context, fmaPlan(shape, invocations, rounds));
    await stopwatch.time(program, 1);
    const ms = await stopwatch.time(program, 1);
    const isLargest = invocations >= FMA_MOST.invocations && rounds >= FMA_MOST.rounds;
    if (ms >= FMA_LAUNCH_MS || isLargest) return { invocations, rounds };
    if (invocations < FMA_MOST.invocations) invocations *= 2;
    else rounds *= 2;
  }
}

function copySizes({ device }: Gpu): number[] {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const room = Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4;
  return COPY_ELEMENTS.filter((elements) => elements <= room);
}

/** The best median of the promising layouts. */
async function fastest(
  context: Gpu,
  stopwatch: Stopwatch,
  candidates: readonly Candidate[],
  budget: Budget,
  signal: AbortSignal | undefined,
  shared?: SharedBuffers,
): Promise<PeakMeasurement> {
  const results: { candidate: Candidate; rate: number; time: TimeSummary }[] = [];
  const run = async (candidate: Candidate, budget: Budget): Promise<void> => {
    using program = await GpuProgram.create(context, candidate.plan, shared);
    const time = await measure(programTimer(stopwatch, program), budget, signal);
    results.push({ candidate, time, rate: candidate.work / time.medianMs / 1e6 });
  };
  const ranking = (): typeof results => results.toSorted((a, b) => b.rate - a.rate);
  for (const candidate of candidates) await run(candidate, FIRST_LOOK);
  const finalists = ranking().slice(0, FINALISTS);
  results.length = 0;
  for (let i = 0; i < FINALS; i++) {
    for (const { candidate } of finalists) await run(candidate, budget);
  }
  const [best] = ranking();
  if (best === undefined) throw new RangeError('no layout to measure');
  return { rate: best.rate, layout: best.candidate.layout, time: best.time };
}

function fmaPlan(shape: FmaShape, invocations: number, rounds: number): Plan {
  return {
    label: 'peak_fma',
    buffers: [{ name: 'output', element: 'f32', length: invocations }],
    dispatches: [peakFma({ ...shape, invocations, rounds, output: 'output' })],
  };
}

function copyPlan(shape: CopyShape, elements: number): Plan {
  return {
    label: 'peak_copy',
    buffers: COPY_BUFFERS.map((name) => ({ name, element: 'f32', length: elements })),
    dispatches: [peakCopy({ ...shape, elements, input: 'input', output: 'output' })],
  };
}

function launchPlan(launches: number, elements: number): Plan {
  return {
    label: 'peak_launch',
    buffers: [{ name: 'output', element: 'f32', length: Math.max(1, elements) }],
    dispatches: Array.from({ length: launches }, () => peakLaunch({ elements, output: 'output' })),
  };
}

function fmaLayout({ chains, unroll, vec4, fused }: FmaShape): string {
  return `${chains} chains${vec4 ? ' of vec4f' : ''}, unrolled ${unroll} times, ${fused ? 'fma(a, b, c)' : 'a * b + c'}`;
}

function copyLayout({ perInvocation, vec4 }: CopyShape, elements: number): string {
  return `${elements / 2 ** 18} MiB, ${perInvocation} × ${vec4 ? 'vec4f' : 'f32'} an invocation`;
}

function sum(dispatches: readonly Dispatch[], cost: 'flops' | 'bytes'): number {
  return dispatches.reduce((total, dispatch) => total + dispatch[cost], 0);
}
