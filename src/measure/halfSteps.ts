/** Runs a half-precision plan on the GPU, dispatch by dispatch, so that its twin can round alike. */
import type { Gpu } from '../gpu/gpu.ts';
import { GpuProgram } from '../gpu/executor.ts';
import type { SharedBuffers } from '../gpu/executor.ts';
import { activeBindings, elementOf } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { BufferSpec, Plan } from '../plan/plan.ts';
import { distanceToHalf, roundToHalf } from '../plan/precision.ts';
import { download, upload } from './planBuffers.ts';
import type { BufferValues } from './planBuffers.ts';

/**
 * Rounds a twin's values in a buffer, in place. If a value is so close to the midpoint of two halves that
 * float32 may land on either side, it is rounded like the GPU's; otherwise to nearest.
 * @param bound the error of float32 is at most bound · (1 + |value|)
 */
export function roundAlike(values: Float64Array, stored: ArrayLike<number>, bound: number): void {
  values.forEach((value, index) => {
    const half = stored[index] ?? NaN;
    const isNear = distanceToHalf(half, value) <= bound * (1 + Math.abs(value));
    values[index] = isNear ? half : roundToHalf(value);
  });
}

/** The plan's dispatches, each a separate program on shared buffers. */
export class HalfSteps implements Disposable {
  readonly #context: Gpu;
  readonly #plan: Plan;
  readonly #whole: GpuProgram;
  readonly #shared: SharedBuffers;
  readonly #stored = new Map<string, BufferValues>();

  private constructor(context: Gpu, plan: Plan, whole: GpuProgram) {
    this.#context = context;
    this.#plan = plan;
    this.#whole = whole;
    this.#shared = new Map(plan.buffers.map(({ name }) => [name, whole.buffer(name)]));
  }

  /** Undefined for a plan without halves. */
  static async of(
    context: Gpu,
    plan: Plan,
    contents: ReadonlyMap<string, BufferValues>,
  ): Promise<HalfSteps | undefined> {
    if (plan.buffers.every(({ element }) => element !== 'f16')) return undefined;
    const whole = await GpuProgram.create(context, plan);
    for (const spec of plan.buffers) {
      const values = contents.get(spec.name);
      if (values !== undefined) upload(context, whole, spec, values);
    }
    return new HalfSteps(context, plan, whole);
  }

  /** The buffer's values after the last dispatch that wrote it. */
  stored(buffer: string): BufferValues {
    return this.#stored.get(buffer) ?? new Float32Array();
  }

  /** Runs the next dispatch of the plan. */
  async run(dispatch: Dispatch): Promise<void> {
    using program = await GpuProgram.create(
      this.#context,
      { ...this.#plan, dispatches: [dispatch] },
      this.#shared,
    );
    await program.run();
    for (const spec of this.#halvesOf(dispatch)) {
      this.#stored.set(spec.name, await download(this.#context, program, spec));
    }
  }

  /** The half-precision buffers that the dispatch writes. */
  #halvesOf({ kernel, flags, buffers }: Dispatch): BufferSpec[] {
    const written = new Set(
      activeBindings(kernel, flags)
        .filter(({ spec }) => spec.access === 'read_write' && elementOf(spec, flags) === 'f16')
        .map(({ name }) => buffers[name] ?? name),
    );
    return this.#plan.buffers.filter(({ name }) => written.has(name));
  }

  [Symbol.dispose](): void {
    this.#whole.dispose();
  }
}
