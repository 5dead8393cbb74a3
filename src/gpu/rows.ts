/** Runs row-wise plans over any number of rows in bounded memory: rows go in, rows come out, chunk by chunk. */
import type { Rows } from '../calls/callerArrays.ts';
import { DisposedError, GpuMemoryError, GpuWorkError } from '../errors.ts';
import type { Unit } from '../passes/index.ts';
import type { Plan } from '../plan/plan.ts';
import { chunksOf, paddedRows } from '../plan/shape.ts';
import { allSound } from './buffers.ts';
import type { OwnedBuffer } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import { GpuProgram } from './executor.ts';
import type { SharedBuffers } from './executor.ts';

/** A piece of the rows, and the plan's row count for it. */
export interface Chunk {
  start: number;
  count: number;
}

/** Row-major host rows for a feature-major buffer of the plan; a plan without that buffer has no use for them. */
export interface RowInput {
  buffer: string;
  features: number;
  /** A row for each of the job's, or one that all of them share. */
  rows: Rows;
  shared?: boolean;
  /** The rows are data: the flow's offset is subtracted from each. */
  isData?: boolean;
}

/** Row-major host rows from [features, rows] of a buffer of the plan. */
export interface RowOutput {
  buffer: string;
  features: number;
  /** How many of the same features come before it in the buffer. Default 0. */
  place?: number;
  rows: Rows;
  /** To data the flow's offset is added. */
  unit?: Unit;
}

export interface RowJob {
  /** Equal kinds with equal row counts share one program. */
  kind: string;
  rows: number;
  chunkRows: number;
  /** Plans of equal row counts differ in params only. */
  planOf: (chunk: Chunk) => Plan;
  inputs?: readonly RowInput[];
  outputs: readonly RowOutput[];
  signal?: AbortSignal;
}

/** Programs kept for the next call; each holds its workspace. */
const KEPT_PROGRAMS = 4;

/** Chunks under way at once: the device works on one while the host reads the one before. */
const IN_FLIGHT = 2;

type Stagings = ReadonlyMap<string, OwnedBuffer>;

interface Kept {
  program: GpuProgram;
  /** One set for each chunk under way, by the names of the buffers that are read. */
  stagings: readonly Stagings[];
}

/** A chunk on its way: where its results arrive, and the offset that its rows were uploaded with. */
interface Sent {
  staging: Stagings;
  offset: Float64Array | undefined;
}

export class RowRunner implements Disposable {
  readonly #context: Gpu;
  readonly #shared: SharedBuffers;
  readonly #offset: () => Float64Array | undefined;
  readonly #kept = new Map<string, Kept>();
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** @param offset that of the data [D], asked for when rows are uploaded, so that it fits the parameters of that moment */
  constructor(context: Gpu, shared: SharedBuffers, offset: () => Float64Array | undefined = () => undefined) {
    this.#context = context;
    this.#shared = shared;
    this.#offset = offset;
  }

  /** Runs the job after those that were given before it. */
  run(job: RowJob): Promise<void> {
    return this.#inTurn(() => this.#run(job));
  }

  /** As `run`, for plans that add to `sum`: returns its elements after the last chunk, starting from zero. */
  accumulate(job: RowJob, sum: { buffer: string; length: number }): Promise<Float32Array> {
    const { buffers } = this.#context;
    const work = async (): Promise<Float32Array> => {
      using total = buffers.storage(`${job.kind}/${sum.buffer}`, sum.length);
      const runner = new RowRunner(
        this.#context,
        new Map([...this.#shared, [sum.buffer, total]]),
        this.#offset,
      );
      try {
        await runner.run(job);
        return await buffers.download(total, sum.length);
      } finally {
        runner.dispose();
      }
    };
    return this.#inTurn(work);
  }

  /** Starts `work` once everything that was asked for before is done. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.requireAlive();
      try {
        return await this.#context.guard(work);
      } finally {
        // What ran on destroyed buffers is no result.
        this.requireAlive();
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run(job: RowJob): Promise<void> {
    let reading: Promise<void> = Promise.resolve();
    try {
      for (const [index, chunk] of chunksOf(job.rows, job.chunkRows).entries()) {
        job.signal?.throwIfAborted();
        this.requireAlive();
        const [sent] = await Promise.all([this.#submit(job, chunk, index % IN_FLIGHT), reading]);
        reading = this.#read(job, chunk, sent);
      }
      await reading;
    } catch (error) {
      await reading.catch(() => undefined);
      // What failed on the GPU left buffers that no later call should read.
      if (error instanceof GpuMemoryError || error instanceof GpuWorkError) this.#dropPrograms();
      throw error;
    } finally {
      // Whatever went wrong: a staging buffer that is still being mapped cannot be copied to.
      await reading;
    }
  }

  /** Sends the chunk on its way; the results will be in the staging buffers that are returned. */
  async #submit(job: RowJob, chunk: Chunk, turn: number): Promise<Sent> {
    const { program, stagings } = await this.#programFor(job, chunk, job.planOf(chunk));
    const staging: Stagings = stagings[turn] ?? new Map();
    const offset = this.#offset();
    for (const { buffer, features, rows, shared = false, isData = false } of job.inputs ?? []) {
      if (!program.has(buffer)) continue;
      const columns = shared
        ? repeatedRow(rows, chunk)
        : columnsOf(rows, features, chunk, isData ? offset : undefined);
      this.#context.buffers.write(program.buffer(buffer), columns);
    }
    void program.run(
      1,
      [...staging].map(([from, to]) => ({ from, to, length: wordsOf(job, from, chunk) })),
    );
    return { staging, offset };
  }

  async #read(job: RowJob, chunk: Chunk, { staging, offset }: Sent): Promise<void> {
    await Promise.all(
      [...staging].map(async ([name, buffer]) => {
        const columns = await this.#context.buffers.read(buffer, wordsOf(job, name, chunk));
        for (const { features, place = 0, rows, unit } of outputsFrom(job, name)) {
          const start = place * features * paddedRows(chunk.count);
          copyToRows(columns.subarray(start), features, chunk, rows, unit === 'data' ? offset : undefined);
        }
      }),
    );
  }

  async #programFor(job: RowJob, chunk: Chunk, plan: Plan): Promise<Kept> {
    const key = `${job.kind}:${chunk.count}`;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      known.program.setParams(plan);
      return known;
    }
    for (const [oldest, kept] of this.#kept) {
      if (this.#kept.size < KEPT_PROGRAMS) break;
      this.#kept.delete(oldest);
      disposeKept(kept);
    }
    const program = await GpuProgram.create(this.#context, plan, this.#shared);
    const stagings = Array.from({ length: IN_FLIGHT }, () => new Map<string, OwnedBuffer>());
    const made = { program, stagings };
    try {
      for (const staging of stagings) {
        for (const name of new Set(job.outputs.map(({ buffer }) => buffer))) {
          const label = `${job.kind}/${name} staging`;
          staging.set(name, this.#context.buffers.staging(label, wordsOf(job, name, chunk)));
        }
      }
      await allSound(buffersOf(stagings));
    } catch (error) {
      disposeKept(made);
      throw error;
    }
    if (this.#disposed) disposeKept(made);
    this.requireAlive();
    this.#kept.set(key, made);
    return made;
  }

  /** @throws {DisposedError} */
  requireAlive(): void {
    if (this.#disposed) throw new DisposedError('Flow');
  }

  dispose(): void {
    this.#disposed = true;
    this.#dropPrograms();
  }

  #dropPrograms(): void {
    for (const kept of this.#kept.values()) disposeKept(kept);
    this.#kept.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function disposeKept({ program, stagings }: Kept): void {
  program.dispose();
  for (const buffer of buffersOf(stagings)) buffer.dispose();
}

function buffersOf(stagings: readonly Stagings[]): OwnedBuffer[] {
  return stagings.flatMap((staging) => [...staging.values()]);
}

function outputsFrom({ outputs }: RowJob, name: string): RowOutput[] {
  return outputs.filter(({ buffer }) => buffer === name);
}

/** Words of the buffer `name` up to the last that an output reads. */
function wordsOf(job: RowJob, name: string, { count }: Chunk): number {
  const features = outputsFrom(job, name).map(({ features, place = 0 }) => (place + 1) * features);
  return Math.max(...features) * paddedRows(count);
}

/**
 * Rows of the chunk, row-major, less the offset, as columns [features, padded count]. The padding repeats the last row: a row of
 * zeros may be far from the data, and where it overflows, even its zero gradient is NaN.
 */
export function columnsOf(
  rows: Rows,
  features: number,
  { start, count }: Chunk,
  offset?: Float64Array,
): Float32Array<ArrayBuffer> {
  const stride = paddedRows(count);
  const columns = new Float32Array(features * stride);
  let from = start * features;
  for (let row = 0; row < count; row++) {
    for (let feature = 0; feature < features; feature++)
      columns[feature * stride + row] = (rows[from++] ?? NaN) - (offset?.[feature] ?? 0);
  }
  for (let feature = 0; feature < features; feature++) {
    const last = feature * stride + count - 1;
    columns.fill(columns[last] ?? NaN, last + 1, (feature + 1) * stride);
  }
  return columns;
}

/** The same row for every row of the chunk, as columns [features, padded count]. */
export function repeatedRow(row: Rows, { count }: Pick<Chunk, 'count'>): Float32Array<ArrayBuffer> {
  const stride = paddedRows(count);
  const columns = new Float32Array(row.length * stride);
  row.forEach((value: number, feature: number) =>
    columns.fill(value, feature * stride, (feature + 1) * stride),
  );
  return columns;
}

/** Columns [features, padded count], plus the offset, into the chunk's place among row-major rows. */
export function copyToRows(
  columns: Float32Array,
  features: number,
  { start, count }: Chunk,
  rows: Rows,
  offset?: Float64Array,
): void {
  const stride = paddedRows(count);
  let to = start * features;
  for (let row = 0; row < count; row++) {
    for (let feature = 0; feature < features; feature++) {
      // Adding −0 leaves every number as it is, −0 too.
      rows[to++] = (columns[feature * stride + row] ?? NaN) + (offset?.[feature] ?? -0);
    }
  }
}
