/** The results of a benchmark run, as JSON. */
import * as v from 'valibot';
import { DataError } from '../errors.ts';
import type { AdapterReport } from '../gpu/device.ts';
import { CLOCKS } from '../gpu/timing.ts';
import type { Clock } from '../gpu/timing.ts';
import { PRECISIONS } from '../plan/precision.ts';
import type { Precision } from '../plan/precision.ts';
import type { BatchSweep } from './batches.ts';
import type { LaunchKind } from './launches.ts';
import type { Peaks } from './peaks.ts';
import type { Rates, Work } from './roofline.ts';
import type { TimeSummary } from './statistics.ts';

/** `KernelVariants`, also from other versions. */
export type Choice = Record<string, string | number | boolean>;

/** A plan, or a kernel at one shape. */
export interface BenchEntry extends Work, Rates {
  /** A whole plan, or one kernel. */
  kind: 'plan' | 'kernel';
  /** The pass, or the kernel's stem. */
  name: string;
  /** The flow and the rows; for a kernel also the pass that it comes from. */
  shape: string;
  /** Rows of the plan or kernel. */
  rows: number;
  /** The kernel's variant, or the plan's number of launches. */
  variant: string;
  /**
   * Number of chunks of the rows. Several chunks are timed like a call of a flow: always by the wall clock,
   * including uploads and downloads.
   */
  chunks: number;
  /** The plan's choice of kernels: `KernelVariants`. */
  variants: Choice;
  /** For a plan the useful FLOPs, for a kernel those of its formula. */
  flops: number;
  /** How long it took, in milliseconds. */
  time: TimeSummary;
  /** The dispatches of a plan, or of one chunk of its rows. Entries of older versions and of kernels lack them. */
  launches?: LaunchKind[];
  /** The worst error against the f64 twin, as a share of the allowed error. */
  error: number;
}

/** A run of the benchmark, as `wgflow bench --out` writes it. */
export interface BenchDocument {
  /** Marks the file. */
  format: 'wgflow-bench';
  /** Version of the format. */
  version: 1;
  /** Version of the library. */
  wgflow: string;
  /** The adapter that ran it. */
  adapter: AdapterReport;
  /** What measured the times. */
  clock: Clock;
  /** The precision of the nets in all entries. */
  precision: Precision;
  /** The fixed table's choice for the device. */
  fixedVariants: Choice;
  /** The adapter's peak rates. */
  peak: Peaks;
  /** What was timed. */
  entries: BenchEntry[];
  /** Of a run of several batches: the rates of its training steps, and where the adapter is full. */
  batches?: BatchSweep[];
  /** Results that do not match their twins and were not timed, as sentences. */
  mismatches: string[];
}

const number = v.pipe(v.number(), v.finite());
const positive = v.pipe(number, v.gtValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const time = v.strictObject({
  medianMs: positive,
  minMs: positive,
  maxMs: positive,
  quartilesMs: v.strictTuple([positive, positive]),
  samples: count,
  repeats: count,
});

const choice = v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]));

const peak = v.strictObject({ rate: positive, layout: v.string(), time });

const launchKind = v.strictObject({
  kernel: v.string(),
  variant: v.string(),
  count,
  workgroups: count,
  groupSize: count,
  operations: v.optional(count),
  flops: number,
  bytes: number,
});

const schema: v.GenericSchema<unknown, BenchDocument> = v.strictObject({
  format: v.literal('wgflow-bench'),
  version: v.literal(1),
  wgflow: v.string(),
  adapter: v.strictObject({
    vendor: v.string(),
    architecture: v.string(),
    device: v.string(),
    description: v.string(),
    software: v.boolean(),
    // Older documents lack these sizes.
    subgroupMinSize: v.optional(count, 0),
    subgroupMaxSize: v.optional(count, 0),
    features: v.array(v.string()),
    limits: v.record(v.string(), number),
  }),
  clock: v.picklist(CLOCKS),
  // Older documents lack this setting.
  precision: v.optional(v.picklist(PRECISIONS), 'f32'),
  fixedVariants: choice,
  // Older documents have no time of an empty dispatch.
  peak: v.strictObject({ fma: peak, copy: peak, launch: v.optional(time) }),
  entries: v.array(
    v.strictObject({
      kind: v.picklist(['plan', 'kernel']),
      name: v.string(),
      shape: v.string(),
      rows: count,
      variant: v.string(),
      chunks: v.pipe(count, v.minValue(1)),
      variants: choice,
      flops: number,
      bytes: number,
      time,
      launches: v.optional(v.array(launchKind)),
      gflops: number,
      gbPerSecond: number,
      share: v.strictObject({ fma: number, copy: number }),
      error: number,
    }),
  ),
  batches: v.optional(
    v.array(
      v.strictObject({
        flow: v.string(),
        steps: v.array(v.strictObject({ batch: count, ms: positive, rowsPerSecond: positive })),
        fullFrom: v.nullable(count),
      }),
    ),
  ),
  mismatches: v.array(v.string()),
});

/**
 * A document from `wgflow bench`.
 * @param file for the message
 * @throws {DataError} naming the place, what was found and what was expected
 */
export function parseBenchDocument(text: string, file: string): BenchDocument {
  const advice = 'Give a file that "wgflow bench --out FILE" wrote.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `found text that is not JSON (${reason}), expected the JSON of a run`,
      { file },
      advice,
    );
  }
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? 'the file';
  const problem =
    issue.input === undefined
      ? 'found nothing, expected this key'
      : `found ${issue.received}, expected ${issue.expected ?? issue.message}`;
  throw new DataError(`${place}: ${problem}`, { file }, advice);
}

/** The precision of the run's nets, in words. */
export function precisionText({ precision }: Pick<BenchDocument, 'precision'>): string {
  return precision === 'f32'
    ? 'f32'
    : 'f16: weights and hidden activations of nets; sums and everything else f32';
}

/** Equal for entries of two documents that can be compared. */
export function entryKey({ kind, name, shape }: Pick<BenchEntry, 'kind' | 'name' | 'shape'>): string {
  return `${kind} ${name} ${shape}`;
}

/** Name and shape of an entry, for people. */
export function entryTitle({ name, shape }: Pick<BenchEntry, 'name' | 'shape'>): string {
  return `${name}, ${shape}`;
}
