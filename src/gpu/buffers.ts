/**
 * Makes every GPU buffer, with a label and an owner, and counts it until the owner destroys it. WebGPU does
 * not throw when it fails to make a buffer or to run work; it reports the failure later. So a reader of a
 * result first waits for the reports on every buffer and submit behind that result.
 */
import { waitOf } from './device.ts';
import { GpuMemoryError, GpuWorkError, LimitError } from '../errors.ts';

/** `GPUBufferUsage`, which is not a global everywhere. */
export const USAGE = {
  MAP_READ: 0x0001,
  COPY_SRC: 0x0004,
  COPY_DST: 0x0008,
  UNIFORM: 0x0040,
  STORAGE: 0x0080,
  QUERY_RESOLVE: 0x0200,
} as const;

const MAP_MODE_READ = 0x0001;

/** Counters that tests and `memory()` read. */
export interface BufferCounts {
  created: number;
  live: number;
  liveBytes: number;
  submits: number;
  maps: number;
}

export class Buffers {
  readonly #device: GPUDevice;
  readonly counts: BufferCounts = { created: 0, live: 0, liveBytes: 0, submits: 0, maps: 0 };

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A zeroed storage buffer of `length` 4-byte elements that can be copied to and from. */
  storage(label: string, length: number): OwnedBuffer {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.#device.limits;
    const bytes = 4 * Math.max(length, 1);
    const available = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    if (bytes > available) {
      throw new LimitError(
        `Buffer "${label}"`,
        'maxStorageBufferBindingSize',
        bytes,
        available,
        'Use a smaller batch or a smaller model.',
      );
    }
    return this.#make(label, bytes, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
  }

  uniform(label: string, bytes: number): OwnedBuffer {
    return this.#make(label, bytes, USAGE.UNIFORM | USAGE.COPY_DST);
  }

  /** A buffer for `length` resolved timestamps of 8 bytes. */
  timestamps(label: string, length: number): OwnedBuffer {
    return this.#make(label, 8 * length, USAGE.QUERY_RESOLVE | USAGE.COPY_SRC);
  }

  /** A buffer for results, which the host reads with `read`. */
  staging(label: string, length: number): OwnedBuffer {
    return this.#make(label, 4 * Math.max(length, 1), USAGE.MAP_READ | USAGE.COPY_DST);
  }

  /**
   * Writes `values` into `target` from element `start` on, in order with the submits before and after. A
   * failure makes `target` unsound: see `OwnedBuffer.sound`.
   */
  write(target: OwnedBuffer, values: Float32Array | Uint32Array, start = 0): void {
    if (values.length === 0) return; // which Deno 2.9 panics on
    const { queue } = this.#device;
    const { problem } = this.#watched(() =>
      queue.writeBuffer(target.buffer, 4 * start, values as Float32Array<ArrayBuffer>),
    );
    target.dependsOn(heard(workDone(problem, `a write to buffer "${target.buffer.label}"`)));
  }

  /** Resolves once the GPU has done all work so far; the host then holds no copies of what was written. */
  async settled(): Promise<void> {
    await waitOf(this.#device)(this.#device.queue.onSubmittedWorkDone());
  }

  /**
   * Copies the first `length` elements of `from` to the start of `to`. Rejects when `from` is not sound or
   * the GPU did not accept the copy; `to` is then unchanged.
   */
  copy(from: OwnedBuffer, to: OwnedBuffer, length: number): Promise<void> {
    const copied = this.submit('copy', (encoder) =>
      encoder.copyBufferToBuffer(from.buffer, 0, to.buffer, 0, 4 * length),
    );
    return heard(from.sound.then(() => copied));
  }

  /** Copies the first `length` elements of each pair in one submit. A failure makes the targets unsound. */
  copyAll(pairs: readonly { from: OwnedBuffer; to: OwnedBuffer }[], length: number): void {
    const copied = this.submit('copies', (encoder) => {
      for (const { from, to } of pairs) encoder.copyBufferToBuffer(from.buffer, 0, to.buffer, 0, 4 * length);
    });
    for (const { from, to } of pairs) to.dependsOn(heard(from.sound.then(() => copied)));
  }

  /** Submits the commands of `record`. Resolves once the GPU has accepted them; rejects if it did not. */
  submit(label: string, record: (encoder: GPUCommandEncoder) => void): Promise<void> {
    this.counts.submits++;
    const { problem } = this.#watched(() => {
      const encoder = this.#device.createCommandEncoder({ label });
      record(encoder);
      this.#device.queue.submit([encoder.finish()]);
    });
    return heard(workDone(problem, `the work "${label}"`));
  }

  /** Lets the device free what destroyed buffers held: without a submit it keeps the values written to them. */
  flush(): void {
    this.#device.queue.submit([]);
  }

  /** The object that `make` creates on the device. The promise rejects when the GPU could not make it. */
  make<T>(label: string, make: (device: GPUDevice) => T): { made: T; sound: Promise<void> } {
    const { result, problem } = this.#watched(() => make(this.#device));
    return { made: result, sound: heard(workDone(problem, label)) };
  }

  /** The first `length` elements of a staging buffer, once all submitted work is done. */
  async read(staging: OwnedBuffer, length: number): Promise<Float32Array> {
    this.counts.maps++;
    const mapped = staging.buffer.mapAsync(MAP_MODE_READ, 0, 4 * length);
    mapped.catch(() => undefined);
    // This rejects with the reason; the mapping says only that it failed.
    await staging.sound;
    await waitOf(this.#device)(mapped);
    try {
      return new Float32Array(staging.buffer.getMappedRange(0, 4 * length).slice(0));
    } finally {
      staging.buffer.unmap();
    }
  }

  /**
   * The first `length` elements of a storage buffer now, before all later work, read through a temporary staging buffer.
   */
  async download(source: OwnedBuffer, length: number): Promise<Float32Array> {
    using staging = this.staging(`${source.buffer.label} staging`, length);
    staging.dependsOn(this.copy(source, staging, length));
    await staging.sound;
    return await this.read(staging, length);
  }

  #make(label: string, bytes: number, usage: number): OwnedBuffer {
    const size = Math.ceil(bytes / 4) * 4;
    const failure = (detail: string): GpuMemoryError => new GpuMemoryError(`Buffer "${label}"`, size, detail);
    const { result: buffer, problem } = this.#watched(() => {
      try {
        return this.#device.createBuffer({ label, size, usage });
      } catch (error) {
        throw failure(error instanceof Error ? error.message : String(error));
      }
    });
    const made = problem.then((found) => {
      if (found !== undefined) throw failure(found.message);
    });
    const { counts } = this;
    counts.created++;
    counts.live++;
    counts.liveBytes += size;
    return new OwnedBuffer(buffer, made, () => {
      counts.live--;
      counts.liveBytes -= size;
    });
  }

  /** Runs `work`; the promise resolves to the first error that the GPU reports. */
  #watched<T>(work: () => T): { result: T; problem: Promise<GpuProblem | undefined> } {
    for (const filter of FILTERS) this.#device.pushErrorScope(filter);
    try {
      const result = work();
      return { result, problem: this.#endScopes() };
    } catch (error) {
      void heard(this.#endScopes());
      throw error;
    }
  }

  async #endScopes(): Promise<GpuProblem | undefined> {
    const found = FILTERS.toReversed().map(async (filter) => {
      const error = await this.#device.popErrorScope();
      return error === null ? undefined : { filter, message: error.message };
    });
    return (await Promise.all(found)).find((problem) => problem !== undefined);
  }
}

const FILTERS = ['validation', 'internal', 'out-of-memory'] as const satisfies GPUErrorFilter[];

interface GpuProblem {
  filter: GPUErrorFilter;
  message: string;
}

/** Rejects with the problem of the work `what`, if there is one. */
async function workDone(problem: Promise<GpuProblem | undefined>, what: string): Promise<void> {
  const found = await problem;
  if (found === undefined) return;
  if (found.filter === 'out-of-memory') throw new GpuMemoryError(what, undefined, found.message);
  throw new GpuWorkError(what, found.message);
}

/** Resolves once all are sound; rejects with the first failure. */
export async function allSound(buffers: Iterable<OwnedBuffer>): Promise<void> {
  await Promise.all(Array.from(buffers, ({ sound }) => sound));
}

/** A buffer and the duty to destroy it, once. */
export class OwnedBuffer implements Disposable {
  readonly buffer: GPUBuffer;
  #sound: Promise<void>;
  #onDispose: (() => void) | undefined;

  constructor(buffer: GPUBuffer, made: Promise<void>, onDispose: () => void) {
    this.buffer = buffer;
    this.#sound = heard(made);
    this.#onDispose = onDispose;
  }

  /** Resolves once the GPU has made the buffer and accepted all writes to it; rejects if it did not. */
  get sound(): Promise<void> {
    return this.#sound;
  }

  /** Makes the soundness of the contents depend on `outcome` as well. */
  dependsOn(outcome: Promise<void>): void {
    this.#sound = heard(this.#sound.then(() => outcome));
  }

  dispose(): void {
    if (this.#onDispose === undefined) return;
    this.#onDispose();
    this.#onDispose = undefined;
    this.buffer.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Marks a rejection as handled: its reader may come late or never, and Node exits on unhandled ones. */
function heard<T>(outcome: Promise<T>): Promise<T> {
  outcome.catch(() => undefined);
  return outcome;
}
