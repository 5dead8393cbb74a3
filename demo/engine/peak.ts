/** Measures the adapter: its peak performance, once, and the batches that fill it, when asked. */
import type { FlowSpec } from '../../src/index.ts';
import { Gpu, measureFmaPeak, Stopwatch, timeBatches } from '../../src/page/index.ts';
import type { Filling } from '../../src/page/index.ts';

/** Within the page's limits of a batch. */
const BATCHES = [512, 1024, 2048, 4096, 8192, 16_384];

/** At most a second on slow adapters: a share of the peak needs no third digit. */
const BUDGET = { ms: 20, leastSamples: 1 };

export class PeakMeter {
  readonly #device: GPUDevice;
  #gflops: number | null = null;
  #running: Promise<void> | undefined;
  #aborter = new AbortController();
  #filling: AbortController | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Peak rate in 10⁹ operations a second, a multiply-add counted as two; null until measured. */
  get gflops(): number | null {
    return this.#gflops;
  }

  /** Measures the peak unless it is known. Other GPU work at the same time lowers the result. */
  measure(): Promise<void> {
    if (this.#gflops !== null) return Promise.resolve();
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Times steps of this flow at several batches. @throws the signal's reason once `endFill` is called */
  async fill(spec: FlowSpec): Promise<Filling> {
    const { signal } = (this.#filling = new AbortController());
    await this.#running;
    return timeBatches(this.#device, spec, BATCHES, signal);
  }

  endFill(): void {
    this.#filling?.abort();
  }

  /** Frees the GPU; the next `measure` starts over. */
  async abort(): Promise<void> {
    this.#aborter.abort();
    await this.#running;
  }

  async #measure(): Promise<void> {
    this.#aborter = new AbortController();
    const gpu = Gpu.of(this.#device);
    using stopwatch = new Stopwatch(gpu);
    try {
      const { rate } = await measureFmaPeak(gpu, stopwatch, BUDGET, this.#aborter.signal);
      this.#gflops = rate;
    } catch {
      // Aborted, or the device is gone: the peak stays unknown.
    }
  }
}
