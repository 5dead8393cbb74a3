/** Host buffers that stop a twin at the first access out of bounds, and record how far they were used. */
import type { Plan } from '../../src/plan/plan.ts';
import { hostArray } from '../../src/reference/executor.ts';
import type { HostArray } from '../../src/reference/executor.ts';

export interface GuardedBuffers {
  /** For `ReferenceProgram`, instead of its own buffers. */
  buffers: Map<string, HostArray>;
  /** Elements up to the last one read or written, by buffer. */
  used: Map<string, number>;
}

export function guardedBuffers(plan: Plan): GuardedBuffers {
  const used = new Map<string, number>();
  const buffers = plan.buffers.map(({ name, element, length }): [string, HostArray] => {
    const touch = (end: number): void => {
      if (end > length) throw new RangeError(`access at ${end - 1} of ${name}, which has ${length} elements`);
      used.set(name, Math.max(end, used.get(name) ?? 0));
    };
    const array = hostArray(element, length);
    const guarded = new Proxy(array, {
      get(target, key) {
        if (key === 'fill') {
          return (value: number, start = 0, end = length): void => {
            touch(end);
            target.fill(value, start, end);
          };
        }
        if (key === 'set') return target.set.bind(target);
        if (typeof key === 'string' && /^\d+$/.test(key)) touch(Number(key) + 1);
        return Reflect.get(target, key, target) as unknown;
      },
      set(target, key, value: number) {
        touch(Number(key) + 1);
        target[Number(key)] = value;
        return true;
      },
    });
    return [name, guarded];
  });
  return { buffers: new Map(buffers), used };
}
