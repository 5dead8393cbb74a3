/** Every GPU buffer is made here, with a label and an owner, and counted until its owner destroys it. */
import { LimitError } from '../errors.ts';

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

  /** A buffer that `length` timestamps of 8 bytes are resolved into. */
  timestamps(label: string, length: number): OwnedBuffer {
    return this.#make(label, 8 * length, USAGE.QUERY_RESOLVE | USAGE.COPY_SRC);
  }

  /** A buffer that results are copied into and the host reads by `read`. */
  staging(label: string, length: number): OwnedBuffer {
    return this.#make(label, 4 * Math.max(length, 1), USAGE.MAP_READ | USAGE.COPY_DST);
  }

  /** Puts `values` into `target` from element `start` on, after all that was submitted and before what will be. */
  write(target: OwnedBuffer, values: Float32Array | Uint32Array, start = 0): void {
    if (values.length === 0) return; // which Deno 2.9 panics on
    this.#device.queue.writeBuffer(target.buffer, 4 * start, values as Float32Array<ArrayBuffer>);
  }

  /** Copies the first `length` elements of `from` to the start of `to`. */
  copy(from: OwnedBuffer, to: OwnedBuffer, length: number): void {
    const encoder = this.#device.createCommandEncoder({ label: 'copy' });
    encoder.copyBufferToBuffer(from.buffer, 0, to.buffer, 0, 4 * length);
    this.submit(encoder.finish());
  }

  submit(commands: GPUCommandBuffer): void {
    this.counts.submits++;
    this.#device.queue.submit([commands]);
  }

  /** The first `length` elements of a staging buffer, once all submitted work is done. */
  async read(staging: OwnedBuffer, length: number): Promise<Float32Array> {
    this.counts.maps++;
    await staging.buffer.mapAsync(MAP_MODE_READ, 0, 4 * length);
    try {
      return new Float32Array(staging.buffer.getMappedRange(0, 4 * length).slice(0));
    } finally {
      staging.buffer.unmap();
    }
  }

  /** The first `length` elements of a storage buffer, through a staging buffer of their own. */
  async download(source: OwnedBuffer, length: number): Promise<Float32Array> {
    using staging = this.staging(`${source.buffer.label} staging`, length);
    this.copy(source, staging, length);
    return await this.read(staging, length);
  }

  #make(label: string, bytes: number, usage: number): OwnedBuffer {
    const size = Math.ceil(bytes / 4) * 4;
    const buffer = this.#device.createBuffer({ label, size, usage });
    const { counts } = this;
    counts.created++;
    counts.live++;
    counts.liveBytes += size;
    return new OwnedBuffer(buffer, () => {
      counts.live--;
      counts.liveBytes -= size;
    });
  }
}

/** A buffer and the duty to destroy it, once. */
export class OwnedBuffer implements Disposable {
  readonly buffer: GPUBuffer;
  #onDispose: (() => void) | undefined;

  constructor(buffer: GPUBuffer, onDispose: () => void) {
    this.buffer = buffer;
    this.#onDispose = onDispose;
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
