/** Passes over more rows than a plan takes at once, run chunk by chunk like the calls of a flow. */
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { RowRunner } from '../gpu/rows.ts';
import type { RowJob } from '../gpu/rows.ts';
import { planCost } from '../plan/plan.ts';
import { ceilDivide } from '../plan/shape.ts';
import { PARAMETERS } from '../plan/names.ts';
import type { Timer } from './measure.ts';

export function chunkCount({ rows, chunkRows }: RowJob): number {
  return ceilDivide(rows, chunkRows);
}

/** Bytes moved on the device by the plans of all chunks. */
export function chunkedBytes({ rows, chunkRows, planOf }: RowJob): number {
  const bytesOf = (start: number, count: number): number => planCost(planOf({ start, count })).bytes;
  const whole = Math.floor(rows / chunkRows);
  const rest = rows - whole * chunkRows;
  return (
    (whole === 0 ? 0 : whole * bytesOf(0, chunkRows)) + (rest === 0 ? 0 : bytesOf(whole * chunkRows, rest))
  );
}

/** Times whole calls with the wall clock, including uploads and downloads of rows. */
export class ChunkTimer implements Timer, Disposable {
  readonly clock = 'wall clock';
  readonly #parameters: OwnedBuffer;
  readonly #runner: RowRunner;
  readonly #job: RowJob;

  constructor(context: Gpu, parameters: Float32Array, job: RowJob) {
    this.#parameters = context.buffers.storage(PARAMETERS, parameters.length);
    context.buffers.write(this.#parameters, parameters);
    this.#runner = new RowRunner(context, new Map([[PARAMETERS, this.#parameters]]));
    this.#job = job;
  }

  async time(repeats: number): Promise<number> {
    const begin = performance.now();
    for (let i = 0; i < repeats; i++) await this.#runner.run(() => Promise.resolve(this.#job));
    return performance.now() - begin;
  }

  [Symbol.dispose](): void {
    this.#runner.dispose();
    this.#parameters.dispose();
  }
}
