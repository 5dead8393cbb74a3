/** A benchmark run: peaks, then every job, checked against the twins and timed. */
import { describeDevice } from '../gpu/device.ts';
import { Gpu } from '../gpu/gpu.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import { GpuProgram } from '../gpu/executor.ts';
import { preprocess } from '../gpu/preprocess.ts';
import { requirePrecision } from '../gpu/requirePrecision.ts';
import { Stopwatch } from '../gpu/timing.ts';
import type { Clock } from '../gpu/timing.ts';
import { activeBindings, variantName } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';
import { tileChoices, tileOf } from '../kernels/dense/tiles.ts';
import type { TileSizes } from '../kernels/dense/tiles.ts';
import { FLAG, FUNCTION, integer, listOf, OBJECT, oneOf, requireOptions } from '../calls/optionRules.ts';
import { SIGNAL, TEXT, withMembers } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { bufferBytes, planCost } from '../plan/plan.ts';
import { PRECISIONS } from '../plan/precision.ts';
import type { Precision } from '../plan/precision.ts';
import { fixedVariants } from '../plan/variants.ts';
import { PARAMETERS } from '../plan/names.ts';
import { VERSION } from '../version.ts';
import { sweepsOf } from './batches.ts';
import type { VariantsFor } from './choices.ts';
import { chunkCount, chunkedBytes, ChunkTimer } from './chunks.ts';
import type { BenchDocument, BenchEntry } from './document.ts';
import { jobsOf } from './jobs.ts';
import type { Job } from './jobs.ts';
import { modelsOf } from './sources.ts';
import type { BenchScope } from './sources.ts';
import { launchKinds } from './launches.ts';
import { measure, programTimer } from './measure.ts';
import type { Budget } from './measure.ts';
import { measurePeaks } from './peaks.ts';
import type { Peaks } from './peaks.ts';
import { ratesOf } from './roofline.ts';
import type { Peak } from './roofline.ts';
import type { TimeSummary } from './statistics.ts';
import type { Mismatch, Verification } from './verify.ts';
import { printedName } from './workloads.ts';
import type { Workload } from './workloads.ts';

/** Options of `bench`. */
export interface BenchOptions extends BenchScope {
  /**
   * Precision of the nets in all plans and kernels; default f32. With `f16` the sweep omits the kernels
   * without an f16 variant: the fused ones and those of residual nets.
   */
  precision?: Precision;
  /** Chooses the kernels of the measured flows; by default the fixed table's for the device. */
  variantsFor?: VariantsFor;
  /** Uses a fifth of the time for each entry. Default false. */
  quick?: boolean;
  /** Stops between measurements; the run throws the signal's reason. */
  signal?: AbortSignal;
}

const RULES: OptionRules<keyof BenchOptions> = {
  models: listOf(
    withMembers('a model', { name: 'string', spec: 'object', batch: 'number' }),
    'a list of BenchModels',
  ),
  rows: listOf(integer(1), 'a list of integers ≥ 1'),
  batches: listOf(integer(1), 'a list of integers ≥ 1'),
  only: oneOf(['plans', 'kernels']),
  kernels: listOf(TEXT, 'a list of stems'),
  tiles: OBJECT,
  precision: oneOf(PRECISIONS),
  variantsFor: FUNCTION,
  quick: FLAG,
  signal: SIGNAL,
};

/** The source and tile sizes of a kernel entry. */
export interface KernelFacts {
  /** WGSL as passed to the driver. */
  source: string;
  /** The tile sizes of the variant and the options for each, by name; empty if the tiling is fixed. */
  tile: TileSizes;
  /** The sizes that can be tried, by name. */
  tileChoices: Record<string, readonly number[]>;
}

/** An event of a run; `done` of `total` entries are finished. */
export type BenchEvent = { done: number; total: number } & (
  | { kind: 'begin'; what: string }
  | { kind: 'peak'; peak: Peaks; clock: Clock }
  | { kind: 'entry'; entry: BenchEntry; kernel?: KernelFacts }
  | { kind: 'mismatch'; mismatch: string }
  | { kind: 'done'; document: BenchDocument }
);

const BUDGETS = {
  full: {
    peak: { ms: 150, leastSamples: 5 },
    plan: { ms: 700, leastSamples: 3 },
    kernel: { ms: 100, leastSamples: 5 },
  },
  quick: {
    peak: { ms: 50, leastSamples: 3 },
    plan: { ms: 120, leastSamples: 3 },
    kernel: { ms: 20, leastSamples: 3 },
  },
} as const satisfies Record<string, Record<string, Budget>>;

/**
 * Measures the device: its peak, then plans and kernels. Each is checked against its f64 twin first, and
 * timed only if it matches. The last event has the document.
 * @throws {LimitError} when a flow does not fit the device
 * @throws {FeatureError} when the precision is f16 and the device lacks `shader-f16`
 * @throws {ShapeError} when there are too many rows, batches come with passes or kernels, f16 is used with residual nets, or no plan launches one
 * of `kernels`
 * @throws the signal's reason once it is aborted
 * @example
 * for await (const event of bench(device, { models: [configModel('S')], only: 'plans' })) {
 *   if (event.kind === 'entry') console.log(entryTitle(event.entry), event.entry.time.medianMs, 'ms');
 * }
 */
export async function* bench(
  device: GPUDevice,
  options: BenchOptions = {},
): AsyncGenerator<BenchEvent, void, undefined> {
  requireOptions('bench', options, RULES);
  const context = Gpu.of(device);
  const { precision = 'f32' } = options;
  for (const { spec } of modelsOf(options)) requirePrecision(precision, spec, device);
  const fixed = fixedVariants(context.adapter, precision);
  const budgets = options.quick === true ? BUDGETS.quick : BUDGETS.full;
  const jobs = await jobsOf(options, fixed, (...purpose) => {
    options.signal?.throwIfAborted();
    return options.variantsFor?.(...purpose) ?? fixed;
  });
  const total =
    1 + jobs.reduce((sum, { timesPlan, kernels }) => sum + (timesPlan ? 1 : 0) + kernels.length, 0);
  let done = 0;
  const entries: BenchEntry[] = [];
  const mismatches: string[] = [];
  using stopwatch = new Stopwatch(context);

  yield { kind: 'begin', what: "the adapter's peak", done, total };
  // The twins are as large as all else that a page needs, and only a run uses them.
  const { verify, verifyPeaks } = await import('./verify.ts');
  for (const mismatch of await verifyPeaks(context)) {
    mismatches.push(mismatchText(mismatch));
    yield { kind: 'mismatch', mismatch: mismatchText(mismatch), done, total };
  }
  const peaks = await measurePeaks(context, stopwatch, budgets.peak, options.signal);
  done++;
  yield { kind: 'peak', peak: peaks, clock: stopwatch.clock, done, total };

  const verified = new Map<Workload, Verification>();
  for (const job of jobs) {
    yield { kind: 'begin', what: `${printedName(job.timed.pass)}, ${job.shape}`, done, total };
    const checked = verified.get(job.checked) ?? (await verify(context, job.checked, options.signal));
    verified.set(job.checked, checked);
    for (const mismatch of checked.mismatches.map(mismatchText)) {
      if (mismatches.includes(mismatch)) continue;
      mismatches.push(mismatch);
      yield { kind: 'mismatch', mismatch, done, total };
    }
    const run: JobRun = {
      context,
      stopwatch,
      budgets,
      peak: { gflops: peaks.fma.rate, gbPerSecond: peaks.copy.rate },
      signal: options.signal,
    };
    for await (const measured of timeJob(run, job, checked)) {
      done++;
      if (measured === undefined) continue;
      entries.push(measured.entry);
      yield { kind: 'entry', ...measured, done, total };
    }
  }
  const batches = sweepsOf(entries);
  const document: BenchDocument = {
    format: 'wgflow-bench',
    version: 1,
    wgflow: VERSION,
    adapter: describeDevice(device),
    clock: stopwatch.clock,
    precision,
    fixedVariants: { ...fixed },
    peak: peaks,
    entries,
    ...(batches.length === 0 ? {} : { batches }),
    mismatches,
  };
  yield { kind: 'done', document, done, total };
}

interface JobRun {
  context: Gpu;
  stopwatch: Stopwatch;
  budgets: { plan: Budget; kernel: Budget };
  peak: Peak;
  signal: AbortSignal | undefined;
}

type Facts = Pick<
  BenchEntry,
  'kind' | 'name' | 'shape' | 'rows' | 'variant' | 'chunks' | 'launches' | 'flops' | 'bytes' | 'error'
>;

/** Times the job's plan and kernels; `undefined` marks a result that does not match its twin. */
async function* timeJob(
  { context, stopwatch, budgets, peak, signal }: JobRun,
  { shape, rows, timed, timesPlan, kernels, takenFrom, variants }: Job,
  checked: Verification,
): AsyncGenerator<{ entry: BenchEntry; kernel?: KernelFacts } | undefined, void, undefined> {
  const { plan, contents, pass, restored, usefulFlops } = timed;
  const entryOf = (facts: Facts, time: TimeSummary): BenchEntry => ({
    ...facts,
    variants: { ...variants },
    time,
    ...ratesOf(facts, time.medianMs, peak),
  });

  using program = await GpuProgram.create(context, plan);
  for (const [name, values] of contents) context.buffers.write(program.buffer(name), values);
  const words = new Map(plan.buffers.map((buffer) => [buffer.name, bufferBytes(buffer) / 4]));
  using kept = new KeptBuffers(context, program, words);
  if (timesPlan) {
    const restore = kept.keep(restored);
    if (checked.plan <= 1) {
      const { dispatches, bytes } = planCost(plan);
      const facts: Facts = {
        kind: 'plan',
        name: printedName(pass),
        shape,
        rows,
        variant: `${dispatches} launch${dispatches === 1 ? '' : 'es'}`,
        chunks: 1,
        launches: await launchKinds(plan),
        flops: (usefulFlops / timed.rows) * rows,
        bytes,
        error: checked.plan,
      };
      if (rows <= timed.rows) {
        const timer = programTimer(stopwatch, program, restore);
        yield { entry: entryOf(facts, await measure(timer, budgets.plan, signal)) };
      } else {
        yield { entry: entryOf(...(await timeChunks(context, timed, facts, budgets.plan, signal))) };
      }
    } else yield undefined;
    restore();
  }
  if (kernels.length === 0) return;
  // The kernels start from the buffers that the plan leaves.
  await program.run();
  const shared = new Map(plan.buffers.map(({ name }) => [name, program.buffer(name)]));
  for (const { stem, dispatch, detail } of kernels) {
    const variant = variantName(dispatch);
    const error = checked.kernels.get(variant) ?? NaN;
    if (!(error <= 1)) {
      yield undefined;
      continue;
    }
    const restore = kept.keep(writtenBuffers(dispatch));
    using alone = await GpuProgram.create(context, { ...plan, label: stem, dispatches: [dispatch] }, shared);
    const time = await measure(programTimer(stopwatch, alone, restore), budgets.kernel, signal);
    restore();
    const { flops, bytes } = dispatch;
    const facts: Facts = {
      kind: 'kernel',
      name: stem,
      shape: `${takenFrom}${detail && `: ${detail}`}`,
      rows: timed.rows,
      variant,
      chunks: 1,
      flops,
      bytes,
      error,
    };
    yield { entry: entryOf(facts, time), kernel: await kernelFacts(dispatch) };
  }
}

async function kernelFacts(dispatch: Dispatch): Promise<KernelFacts> {
  return {
    source: await preprocess(dispatch.kernel.stem, dispatch.flags, dispatch.sizes),
    tile: tileOf(dispatch),
    tileChoices: tileChoices(dispatch),
  };
}

/** The facts of a pass over more rows than its plan takes at once, and its total time for all chunks. */
async function timeChunks(
  context: Gpu,
  { contents, inChunks }: Workload,
  facts: Facts,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<[Facts, TimeSummary]> {
  const parameters = contents.get(PARAMETERS);
  const job = inChunks?.(facts.rows);
  if (job === undefined || !(parameters instanceof Float32Array)) {
    throw new RangeError(`${facts.name} does not go in chunks`);
  }
  using timer = new ChunkTimer(context, parameters, { ...job, signal });
  const time = await measure(timer, budget, signal);
  return [{ ...facts, chunks: chunkCount(job), bytes: chunkedBytes(job) }, time];
}

function writtenBuffers({ kernel, flags, buffers }: Dispatch): string[] {
  return activeBindings(kernel, flags)
    .filter(({ spec }) => spec.access === 'read_write')
    .map(({ name }) => buffers[name] ?? name);
}

/** Saved copies of a program's buffers, which can be restored. */
class KeptBuffers implements Disposable {
  readonly #context: Gpu;
  readonly #program: GpuProgram;
  /** Lengths in words of 4 bytes. */
  readonly #words: ReadonlyMap<string, number>;
  readonly #copies = new Map<string, OwnedBuffer>();

  constructor(context: Gpu, program: GpuProgram, words: ReadonlyMap<string, number>) {
    this.#context = context;
    this.#program = program;
    this.#words = words;
  }

  /** Saves the named buffers; the returned function restores them. */
  keep(names: readonly string[]): () => void {
    const { buffers } = this.#context;
    const pairs = names.map((name) => {
      const length = this.#words.get(name) ?? 0;
      const copy = this.#copies.get(name) ?? buffers.storage(`kept ${name}`, length);
      this.#copies.set(name, copy);
      return { buffer: this.#program.buffer(name), copy, length };
    });
    for (const { buffer, copy, length } of pairs) void buffers.copy(buffer, copy, length);
    return () => {
      for (const { buffer, copy, length } of pairs) void buffers.copy(copy, buffer, length);
    };
  }

  [Symbol.dispose](): void {
    for (const copy of this.#copies.values()) copy.dispose();
  }
}

function mismatchText({ what, buffer, excess, element, found, expected }: Mismatch): string {
  return (
    `${what}: ${buffer} is ${excess.toPrecision(3)} times as far from its f64 twin as allowed; ` +
    `element ${element} is ${found}, expected ${expected}`
  );
}
