/** What bounds a dispatch, from its plan and from what an adapter can do at best. */
import { LAUNCH_MS, MODELLED_GPUS, OPERATION_CYCLES } from './gpuModel.ts';
import type { Bound, GpuFigures } from './gpuModel.ts';
import type { BenchDocument, BenchEntry } from './document.ts';
import { subgroupSizeOf, subgroupsOf } from './launches.ts';
import type { LaunchKind } from './launches.ts';
import type { Peak } from './roofline.ts';

/** What an adapter, or a GPU by its maker's figures, can do at best. */
export interface AdapterLimits extends Peak {
  /** Milliseconds of an empty dispatch. */
  launchMs: number;
  /** A workgroup runs on one core. WebGPU does not report their number. */
  cores?: number;
  /** Milliseconds of an operation of a table; unknown for a measured adapter. */
  operationMs?: number;
}

/** `rest`: what launch, arithmetic and memory do not explain of a measured time. */
export type BoundBy = Bound | 'rest';

export interface LaunchBound {
  /** The longest part of the dispatch's time. */
  by: BoundBy;
  /** Launch + max(arithmetic, memory, latency), ms. Data in a cache can take less. */
  leastMs: number;
}

/**
 * What bounds a dispatch of this kind. Arithmetic runs at the peak of the cores that have a workgroup. Latency is that of
 * the operations of a table, one after the other.
 * @param measuredMs its time, if known: the part that nothing else explains may be the longest
 */
export function launchBound(
  {
    flops,
    bytes,
    workgroups,
    operations = 0,
  }: Omit<LaunchKind, 'kernel' | 'variant' | 'count' | 'groupSize'>,
  { gflops, gbPerSecond, launchMs, cores = 1, operationMs = 0 }: AdapterLimits,
  measuredMs?: number,
): LaunchBound {
  const filled = Math.min(1, workgroups / cores);
  const work = {
    arithmetic: flops / (gflops * filled) / 1e6,
    memory: bytes / gbPerSecond / 1e6,
    latency: operations * operationMs,
  };
  const leastMs = launchMs + Math.max(...Object.values(work));
  const parts = { launch: launchMs, ...work, rest: (measuredMs ?? leastMs) - leastMs };
  const [by] = (Object.entries(parts) as [BoundBy, number][]).reduce((a, b) => (b[1] > a[1] ? b : a));
  return { by, leastMs };
}

/** A kind of dispatch of a measured plan. */
export interface MeasuredLaunch extends LaunchKind, LaunchBound {
  /** Of one dispatch. */
  subgroups: number;
  /** The median time of the kernel alone, if the run measured it at this size. */
  measuredMs: number | undefined;
}

/** What bounds the dispatches of a plan on the adapter of its run. */
export function measuredLaunches(
  { launches = [] }: BenchEntry,
  { peak, entries, adapter }: Pick<BenchDocument, 'peak' | 'entries' | 'adapter'>,
): MeasuredLaunch[] {
  const size = subgroupSizeOf(adapter);
  const limits = {
    gflops: peak.fma.rate,
    gbPerSecond: peak.copy.rate,
    launchMs: peak.launch?.medianMs ?? 0,
  };
  return launches.map((launch) => {
    const alone = entries.find(
      ({ kind, variant, flops, bytes }) =>
        kind === 'kernel' && variant === launch.variant && flops === launch.flops && bytes === launch.bytes,
    );
    const measuredMs = alone?.time.medianMs;
    const subgroups = subgroupsOf(launch, size);
    return { ...launch, ...launchBound(launch, limits, measuredMs), subgroups, measuredMs };
  });
}

/** A GPU whose limits are known from its maker. */
export interface GpuScale extends Required<AdapterLimits> {
  title: string;
}

/** A core of AMD's has this many SIMDs. */
const SIMDS_OF_A_CORE = 2;

function scaleOf(gpu: GpuFigures, cores: number): GpuScale {
  const { title, simds, simdLanes, clockGhz, gbPerSecond } = gpu;
  return {
    title,
    gflops: 2 * simds * simdLanes * clockGhz,
    gbPerSecond,
    launchMs: LAUNCH_MS,
    cores,
    operationMs: (OPERATION_CYCLES * 1e-6) / clockGhz,
  };
}

/** 24 execution units of two SIMDs of four lanes, in three subslices; two channels of DDR4-2666. */
const UHD_630: GpuFigures = {
  title: 'Intel UHD 630',
  simds: 48,
  simdLanes: 4,
  clockGhz: 1.15,
  gbPerSecond: 42.7,
};
const { navi31 } = MODELLED_GPUS;

/** A small and a large GPU. A bound that both share holds for most GPUs between them. */
export const SCALES: { small: GpuScale; large: GpuScale } = {
  small: scaleOf(UHD_630, 3),
  large: scaleOf(navi31, navi31.simds / SIMDS_OF_A_CORE),
};
