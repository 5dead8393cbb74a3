/** What the adapter can do at best, measured once. */
import { Gpu, measureFmaPeak, Stopwatch } from '../../src/page.ts';

/** A second or less on slow adapters: a share of the peak needs no third digit. */
const BUDGET = { ms: 20, leastSamples: 1 };

export class PeakMeter {
  readonly #device: GPUDevice;
  #gflops: number | null = null;
  #running: Promise<void> | undefined;
  #aborter = new AbortController();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Multiply-adds counted as two, in 10⁹ a second; null until it is known. */
  get gflops(): number | null {
    return this.#gflops;
  }

  /** Measures, unless it is known. Whatever else the GPU does meanwhile makes it look slower. */
  measure(): Promise<void> {
    if (this.#gflops !== null) return Promise.resolve();
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Gives the GPU back; what was begun is begun again by the next `measure`. */
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
      // Aborted, or the device is gone: the share of the peak stays unknown.
    }
  }
}
