/** A model of the time that a GPU takes for a plan. Every figure from here is modelled, none is measured. */
import type { Dispatch } from '../plan/kernel.ts';
import type { CodeCounts, CodeLoop, MachineCode } from './machineCode.ts';

/** A GPU as its maker describes it. */
export interface GpuFigures {
  title: string;
  simds: number;
  /** Lanes that a SIMD computes in a cycle. */
  simdLanes: number;
  clockGhz: number;
  gbPerSecond: number;
}

/** The game clock, or for Radeon VII the boost clock. @see https://www.amd.com/en/products/specifications/graphics.html */
export const MODELLED_GPUS = {
  navi31: { title: 'Radeon RX 7900 XTX', simds: 192, simdLanes: 32, clockGhz: 2.3, gbPerSecond: 960 },
  navi21: { title: 'Radeon RX 6900 XT', simds: 160, simdLanes: 32, clockGhz: 2.015, gbPerSecond: 512 },
  vega20: { title: 'Radeon VII', simds: 240, simdLanes: 16, clockGhz: 1.75, gbPerSecond: 1024 },
} as const satisfies Record<string, GpuFigures>;

export type ModelledGpu = keyof typeof MODELLED_GPUS;
export const GPU_NAMES = Object.keys(MODELLED_GPUS) as ModelledGpu[];

/**
 * Milliseconds of a dispatch that does nothing, in a compute pass of many. In a pass of its own, one costs 24 to 36 µs
 * by Vulkan. @see https://arxiv.org/abs/2604.02344
 */
export const LAUNCH_MS = 0.005;

export type Bound = 'launch' | 'arithmetic' | 'memory' | 'latency';

export interface ModelledTime {
  ms: number;
  /** The longest part. */
  boundBy: Bound;
  /** Milliseconds of each part; all but the launch overlap. */
  parts: Readonly<Record<Bound, number>>;
}

/**
 * Cycles of an entry of a table that a kernel follows, besides its loops: a load of the entry, another of a parameter, and
 * some eighty instructions with a barrier.
 */
export const OPERATION_CYCLES = 600;

type Launch = Pick<Dispatch, 'workgroups' | 'flops' | 'bytes' | 'chain'>;

/**
 * The modelled time of a dispatch: launch + max(arithmetic, memory, latency). Arithmetic is the instructions of all
 * subgroups ÷ (SIMDs × clock). Memory is the plan's bytes ÷ bandwidth. Latency is the instructions and waits of one
 * subgroup, as often as the machine must be filled.
 */
export function modelledTime(
  { workgroups, flops, bytes, chain }: Launch,
  code: MachineCode,
  gpu: GpuFigures,
): ModelledTime {
  const { groupSize, subgroupSize, subgroupsPerSimd } = code;
  const groups = workgroups.reduce((product, count) => product * count, 1);
  const subgroups = groups * Math.ceil(groupSize / subgroupSize);
  const invocations = groups * groupSize;
  const executed = executedBy(
    code.code,
    { flops: flops / invocations, bytes: bytes / invocations },
    chain?.trips,
  );

  const cycleMs = 1e-6 / gpu.clockGhz;
  const extraCycles = Math.max(1, subgroupSize / gpu.simdLanes) - 1;
  const issueMs = (executed('instructions') + extraCycles * executed('vectorInstructions')) * cycleMs;
  const operationCycles = (chain?.operations ?? 0) * OPERATION_CYCLES;
  const fillings = Math.ceil(subgroups / (gpu.simds * subgroupsPerSimd));
  const parts = {
    launch: LAUNCH_MS,
    arithmetic: (issueMs * subgroups) / gpu.simds,
    memory: bytes / gpu.gbPerSecond / 1e6,
    latency: fillings * (issueMs + (executed('waitCycles') + operationCycles) * cycleMs),
  };
  const { launch, ...work } = parts;
  const [boundBy] = (Object.entries(parts) as [Bound, number][]).reduce((a, b) => (b[1] > a[1] ? b : a));
  return { ms: launch + Math.max(...Object.values(work)), boundBy, parts };
}

/**
 * The sum of a count over all instructions that an invocation executes. The code says how often some loops run. Of the
 * others, the innermost that have multiply-adds run as often as the plan's FLOPs need, or its bytes, if no loop has any.
 * If a plan knows the trips, the innermost loop with the most multiply-adds has them. All others run once.
 */
function executedBy(
  code: CodeLoop,
  work: { flops: number; bytes: number },
  known?: number,
): (of: keyof CodeCounts) => number {
  const [amount, unit] = code.loops.some((loop) => has(loop, 'multiplyAdds'))
    ? ([work.flops / 2, 'multiplyAdds'] as const)
    : ([work.bytes, 'loadedBytes'] as const);
  const heaviest = innermost(code).reduce((a, b) => (b.own[unit] > a.own[unit] ? b : a));
  const repeats = (loop: CodeLoop): boolean => (known === undefined ? isOpen(loop, unit) : loop === heaviest);
  const perTrip = sum(code, unit, repeats, 1) - sum(code, unit, repeats, 0);
  const trips = known ?? (perTrip === 0 ? 1 : Math.max(1, (amount - code.own[unit]) / perTrip));
  return (of) => sum(code, of, repeats, trips);
}

/** The sum of `of` over a loop, if the loops that `repeats` names run `trips` times. */
function sum(
  loop: CodeLoop,
  of: keyof CodeCounts,
  repeats: (loop: CodeLoop) => boolean,
  trips: number,
): number {
  const inner = loop.loops.reduce((total, each) => total + sum(each, of, repeats, trips), 0);
  return (loop.trips ?? (repeats(loop) ? trips : 1)) * (loop.own[of] + inner);
}

function innermost(loop: CodeLoop): CodeLoop[] {
  return loop.loops.length === 0 ? [loop] : loop.loops.flatMap(innermost);
}

/** Whether a loop of unknown length has work, and no such loop inside. */
function isOpen(loop: CodeLoop, unit: keyof CodeCounts): boolean {
  return loop.trips === undefined && has(loop, unit) && !hasOpen(loop, unit);
}

function hasOpen({ loops }: CodeLoop, unit: keyof CodeCounts): boolean {
  return loops.some((loop) => isOpen(loop, unit) || hasOpen(loop, unit));
}

function has({ own, loops }: CodeLoop, unit: keyof CodeCounts): boolean {
  return own[unit] > 0 || loops.some((loop) => has(loop, unit));
}
