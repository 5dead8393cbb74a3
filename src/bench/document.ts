/** What a benchmark run found, as JSON. */
import * as v from 'valibot';
import { DataError } from '../errors.ts';
import { CLOCKS } from '../gpu/timing.ts';

const number = v.pipe(v.number(), v.finite());
const positive = v.pipe(number, v.gtValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const timeSchema = v.strictObject({
  medianMs: positive,
  minMs: positive,
  maxMs: positive,
  quartilesMs: v.strictTuple([positive, positive]),
  samples: count,
  repeats: count,
});

const peakSchema = v.strictObject({ rate: positive, layout: v.string(), time: timeSchema });

const adapterSchema = v.strictObject({
  vendor: v.string(),
  architecture: v.string(),
  device: v.string(),
  description: v.string(),
  software: v.boolean(),
  features: v.array(v.string()),
  limits: v.record(v.string(), number),
});

const entrySchema = v.strictObject({
  kind: v.picklist(['plan', 'kernel']),
  /** The pass, or the kernel's stem. */
  name: v.string(),
  /** The flow and the rows, and of a kernel the pass that it was taken out of. */
  shape: v.string(),
  rows: count,
  /** The kernel's variant, or the number of launches of the plan. */
  variant: v.string(),
  /** Of a plan the useful ones, of a kernel those that its formula asks for. */
  flops: number,
  /** That must move at least once. */
  bytes: number,
  time: timeSchema,
  gflops: number,
  gbPerSecond: number,
  /** Shares of the adapter's own peak. */
  share: v.strictObject({ fma: number, copy: number }),
  /** The worst error against the f64 twin, as a share of what is allowed. */
  error: number,
});

const schema = v.strictObject({
  format: v.literal('wgflow-bench'),
  version: v.literal(1),
  wgflow: v.string(),
  adapter: adapterSchema,
  clock: v.picklist(CLOCKS),
  /** The kernels that plans were made of: `KernelVariants`. */
  variants: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  peak: v.strictObject({ fma: peakSchema, copy: peakSchema }),
  entries: v.array(entrySchema),
  /** Entries that were not timed, since a kernel or a plan is not what its twin says. */
  mismatches: v.array(v.string()),
});

export type BenchEntry = v.InferOutput<typeof entrySchema>;
export type BenchDocument = v.InferOutput<typeof schema>;

/**
 * A document as `wgflow bench` writes it.
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
    throw new DataError(`found ${reason}, expected JSON`, { file }, advice);
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

/** Equal in two documents for what can be compared. */
export function entryKey({ kind, name, shape }: Pick<BenchEntry, 'kind' | 'name' | 'shape'>): string {
  return `${kind} ${name} ${shape}`;
}

export function entryTitle({ name, shape }: Pick<BenchEntry, 'name' | 'shape'>): string {
  return `${name}, ${shape}`;
}
