/** Runs the same plans as the GPU, in f64 on the CPU, dispatch by dispatch. */
import { activeBindings, elementOf } from '../plan/kernel.ts';
import type { Dispatch, ElementType } from '../plan/kernel.ts';
import type { Plan } from '../plan/plan.ts';
import { roundToHalf } from '../plan/precision.ts';
import { twinOf } from './twins.ts';

/** The contents of a buffer: floats in float64, or integers. */
export type HostArray = Float64Array | Uint32Array;

export function hostArray(element: ElementType, length: number): HostArray {
  return element === 'u32' ? new Uint32Array(length) : new Float64Array(length);
}

/** Rounds a twin's values in a half-precision buffer, in place. */
export type Rounding = (values: Float64Array, buffer: string) => void;

/** Rounds like the GPU. */
const toNearestHalves: Rounding = (values) => {
  values.forEach((value, index) => (values[index] = roundToHalf(value)));
};

/** A plan with its buffers in host memory; buffers in `shared` replace new ones. */
export class ReferenceProgram {
  /** The plan that it runs. */
  readonly plan: Plan;
  /** The contents of each buffer of the plan, flat [length], by name. */
  readonly buffers: Map<string, HostArray>;
  readonly #round: Rounding;

  /** @param shared buffers by name, each flat [length] */
  constructor(
    plan: Plan,
    shared: ReadonlyMap<string, HostArray> = new Map(),
    round: Rounding = toNearestHalves,
  ) {
    this.plan = plan;
    this.#round = round;
    this.buffers = new Map(shared);
    for (const { name, element, length } of plan.buffers) {
      if (!this.buffers.has(name)) this.buffers.set(name, hostArray(element, length));
    }
  }

  /**
   * The contents of a buffer by name, flat [length].
   * @throws RangeError for a name that the plan does not have
   */
  buffer(name: string): HostArray {
    const buffer = this.buffers.get(name);
    if (buffer === undefined) throw new RangeError(`plan ${this.plan.label} has no buffer ${name}`);
    return buffer;
  }

  /**
   * The contents of a buffer of floats by name, flat [length].
   * @throws RangeError for a name that the plan does not have, or a buffer of integers
   */
  floats(name: string): Float64Array {
    const buffer = this.buffer(name);
    if (!(buffer instanceof Float64Array)) throw new RangeError(`buffer ${name} does not hold floats`);
    return buffer;
  }

  /** Runs dispatches [from, to) of the plan; all of them by default. */
  run(from = 0, to = this.plan.dispatches.length): void {
    for (const dispatch of this.plan.dispatches.slice(from, to)) {
      const buffers: Record<string, HostArray> = {};
      for (const [binding, name] of Object.entries(dispatch.buffers)) buffers[binding] = this.buffer(name);
      for (const [binding, words] of Object.entries(dispatch.tables ?? {})) {
        buffers[binding] = Uint32Array.from(words);
      }
      const { kernel, params, flags, constants, sizes } = dispatch;
      twinOf(kernel.stem)({ params, flags, constants, sizes, buffers });
      this.#roundHalves(dispatch);
    }
  }

  /** Rounds the twin's values in half-precision buffers, where the kernel stores halves. */
  #roundHalves({ kernel, flags, buffers }: Dispatch): void {
    for (const { name, spec } of activeBindings(kernel, flags)) {
      if (spec.access === 'read' || elementOf(spec, flags) !== 'f16') continue;
      const buffer = buffers[name] ?? name;
      this.#round(this.floats(buffer), buffer);
    }
  }
}
