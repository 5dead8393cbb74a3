/** Runs row-wise plans over any number of rows in bounded memory: rows in, rows out, chunk by chunk. */
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

/** A range of the rows, and the plan's row count for it. */
export interface Chunk {
  start: number;
  count: number;
}

/** Row-major host rows for a feature-major buffer of the plan; a plan without that buffer ignores them. */
export interface RowInput {
  buffer: string;
  features: number;
  /** A row for each row of the job, or a single row shared by all. */
  rows: Rows;
  shared?: boolean;
  /** The rows are data, or several of them end to end: the flow's offset is subtracted from each. */
  isData?: boolean;
}

/** Row-major host rows, read from [features, rows] of a buffer of the plan. */
export interface RowOutput {
  buffer: string;
  features: number;
  /** Count of blocks of the same features that precede it in the buffer. Default 0. */
  place?: number;
  rows: Rows;
  /** The flow's offset is added if the unit is `data`. */
  unit?: Unit;
}

export interface RowJob {
  /** Equal kinds with equal row counts share one program. */
  kind: string;
  rows: number;
  chunkRows: number;
  /** Plans with equal row counts differ only in params. */
  planOf: (chunk: Chunk) => Plan;
  inputs?: readonly RowInput[];
  outputs: readonly RowOutput[];
  signal?: AbortSignal;
}

/** Programs are kept for the next call, each with its workspace: this many of whole chunks, or more of few rows. */
const KEPT_CHUNKS = 4;
/** A program counts as this part of a chunk at least. */
const MIN_PART = 1 / 8;

/** Chunks in flight: the device works on one while the host reads the previous one. */
const IN_FLIGHT = 2;

type Stagings = ReadonlyMap<string, OwnedBuffer>;

interface Kept {
  program: GpuProgram;
  /** Its rows, as a part of the largest chunk. */
  part: number;
  /** One set of staging buffers for each chunk in flight, by the names of the buffers they read. */
  stagings: readonly Stagings[];
}

/** A chunk in flight: its staging buffers, and the offset with which its rows were uploaded. */
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

  /** @param offset of the data [D]; called when rows are uploaded, so that it matches the parameters then */
  constructor(context: Gpu, shared: SharedBuffers, offset: () => Float64Array | undefined = () => undefined) {
    this.#context = context;
    this.#shared = shared;
    this.#offset = offset;
  }

  /** Runs the job, which `make` returns when its turn comes, after all earlier work. */
  run(make: () => Promise<RowJob>): Promise<void> {
    return this.inTurn(async () => this.#run(await make()));
  }

  /** Like `run`, for plans that add to `sum`, which starts at zero: returns its elements after the last chunk. */
  accumulate(make: () => Promise<RowJob>, sum: { buffer: string; length: number }): Promise<Float32Array> {
    const { buffers } = this.#context;
    const work = async (): Promise<Float32Array> => {
      const job = await make();
      using total = buffers.storage(`${job.kind}/${sum.buffer}`, sum.length);
      const runner = new RowRunner(
        this.#context,
        new Map([...this.#shared, [sum.buffer, total]]),
        this.#offset,
      );
      try {
        await runner.run(() => Promise.resolve(job));
        return await buffers.download(total, sum.length);
      } finally {
        runner.dispose();
      }
    };
    return this.inTurn(work);
  }

  /** Starts `work` once all earlier work is done. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.requireAlive();
      try {
        return await this.#context.guard(work);
      } finally {
        // Results from destroyed buffers are meaningless.
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
      // A GPU failure left buffers that no later call should read.
      if (error instanceof GpuMemoryError || error instanceof GpuWorkError) this.#dropPrograms();
      throw error;
    } finally {
      // After any error: a staging buffer that is still being mapped cannot be copied to.
      await reading;
    }
  }

  /** Submits the chunk; its results arrive in the returned staging buffers. */
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
    const part = Math.max(MIN_PART, chunk.count / job.chunkRows);
    let parts = [...this.#kept.values()].reduce((sum, kept) => sum + kept.part, part);
    for (const [oldest, kept] of this.#kept) {
      if (parts <= KEPT_CHUNKS) break;
      parts -= kept.part;
      this.#kept.delete(oldest);
      disposeKept(kept);
    }
    const program = await GpuProgram.create(this.#context, plan, this.#shared);
    const stagings = Array.from({ length: IN_FLIGHT }, () => new Map<string, OwnedBuffer>());
    const made = { program, part, stagings };
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

  get isAlive(): boolean {
    return !this.#disposed;
  }

  /** Frees the programs of a lost device; work that still waits fails with that loss. */
  abandon(): void {
    this.#dropPrograms();
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

/** Words of the buffer `name` up to the last one that an output reads. */
function wordsOf(job: RowJob, name: string, { count }: Chunk): number {
  const features = outputsFrom(job, name).map(({ features, place = 0 }) => (place + 1) * features);
  return Math.max(...features) * paddedRows(count);
}

/**
 * Rows of the chunk, row-major, minus the offset, as columns [features, padded count]. The padding repeats
 * the last row: a row of zeros may be far from the data, and if it overflows, even its zero gradient is NaN.
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
      columns[feature * stride + row] = (rows[from++] ?? NaN) - (offset?.[feature % offset.length] ?? 0);
  }
  for (let feature = 0; feature < features; feature++) {
    const last = feature * stride + count - 1;
    columns.fill(columns[last] ?? NaN, last + 1, (feature + 1) * stride);
  }
  return columns;
}

/** A single row repeated for every row of the chunk, as columns [features, padded count]. */
export function repeatedRow(row: Rows, { count }: Pick<Chunk, 'count'>): Float32Array<ArrayBuffer> {
  const stride = paddedRows(count);
  const columns = new Float32Array(row.length * stride);
  row.forEach((value: number, feature: number) =>
    columns.fill(value, feature * stride, (feature + 1) * stride),
  );
  return columns;
}

/** Copies columns [features, padded count], plus the offset, into the chunk's range of the row-major rows. */
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
      // Adding −0 changes no number, not even −0.
      rows[to++] = (columns[feature * stride + row] ?? NaN) + (offset?.[feature] ?? -0);
    }
  }
}
