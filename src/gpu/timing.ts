/** Times a program on the GPU: with GPU timestamps if available, else with the wall clock. */
import type { OwnedBuffer } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import type { GpuProgram } from './executor.ts';

export const CLOCKS = ['GPU timestamps', 'wall clock'] as const;
/** What measures times: the GPU itself, or the host around a submit. */
export type Clock = (typeof CLOCKS)[number];

/** This many runs of any program take longer than the resolution of the timestamps. */
const BEYOND_GRAIN = 100;

interface Timestamps extends Disposable {
  set: GPUQuerySet;
  resolved: OwnedBuffer;
  staging: OwnedBuffer;
}

export class Stopwatch implements Disposable {
  readonly #context: Gpu;
  #timestamps: Timestamps | undefined;

  /** @param clock the clock to use; by default the best one of the device */
  constructor(context: Gpu, clock: Clock = clocksOf(context)[0]) {
    this.#context = context;
    if (clock === 'GPU timestamps') this.#timestamps = makeTimestamps(context);
  }

  /** The clock of the next measurement. */
  get clock(): Clock {
    return this.#timestamps === undefined ? 'wall clock' : 'GPU timestamps';
  }

  /**
   * Milliseconds of `times` runs of the program in one pass. Earlier submits are finished first and not
   * included. The wall clock includes one submit and one wait. Timestamps give 0 for a pass shorter than
   * their resolution, which browsers and Dawn keep at about 0.1 ms.
   */
  async time(program: GpuProgram, times: number): Promise<number> {
    return await this.#context.guard(async () => {
      const timestamps = this.#timestamps;
      if (timestamps === undefined) return await this.#byWallClock(program, times);
      const ms = await this.#byTimestamps(program, times, timestamps);
      if (ms > 0 || (ms === 0 && times < BEYOND_GRAIN)) return ms;
      // Some drivers offer timestamps that never advance.
      this.dispose();
      return await this.#byWallClock(program, times);
    });
  }

  dispose(): void {
    this.#timestamps?.[Symbol.dispose]();
    this.#timestamps = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #byTimestamps(
    program: GpuProgram,
    times: number,
    { set, resolved, staging }: Timestamps,
  ): Promise<number> {
    const { buffers } = this.#context;
    const submitted = buffers.submit('timed', (encoder) => {
      const pass = encoder.beginComputePass({
        label: 'timed',
        timestampWrites: { querySet: set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
      });
      for (let i = 0; i < times; i++) program.encode(pass);
      pass.end();
      encoder.resolveQuerySet(set, 0, 2, resolved.buffer, 0);
      encoder.copyBufferToBuffer(resolved.buffer, 0, staging.buffer, 0, 16);
    });
    staging.dependsOn(submitted);
    const [begin = 0n, end = 0n] = new BigUint64Array((await buffers.read(staging, 4)).buffer);
    return Number(end - begin) / 1e6;
  }

  async #byWallClock(program: GpuProgram, times: number): Promise<number> {
    const { queue } = this.#context.device;
    await queue.onSubmittedWorkDone();
    const begin = performance.now();
    await program.run(times);
    await queue.onSubmittedWorkDone();
    return performance.now() - begin;
  }
}

/** The clocks of the device, the best first. */
export function clocksOf({ device }: Gpu): [Clock, ...Clock[]] {
  return device.features.has('timestamp-query') ? [...CLOCKS] : ['wall clock'];
}

function makeTimestamps({ device, buffers }: Gpu): Timestamps {
  const set = device.createQuerySet({ label: 'timestamps', type: 'timestamp', count: 2 });
  const resolved = buffers.timestamps('timestamps', 2);
  const staging = buffers.staging('timestamps staging', 4);
  return {
    set,
    resolved,
    staging,
    [Symbol.dispose]: () => {
      set.destroy();
      resolved.dispose();
      staging.dispose();
    },
  };
}
