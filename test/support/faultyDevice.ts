/**
 * A device on which one call fails the way WebGPU fails: nothing is thrown, but an error scope records it.
 */

export interface Faults {
  device: GPUDevice;
  /** Calls of `createBuffer` and of `submit` so far. */
  calls: { createBuffer: number; submit: number };
  /** Makes the call of that number fail, counted from 1; 0 for none. */
  failAt: (call: 'createBuffer' | 'submit', number: number) => void;
}

/** The invalid request that makes a buffer fail: no usage, or too many bytes. */
export type BufferFault = 'usage' | 'size';

export function faultyDevice(real: GPUDevice, fault: BufferFault = 'usage'): Faults {
  const calls = { createBuffer: 0, submit: 0 };
  const failing = { createBuffer: 0, submit: 0 };
  const isDue = (call: 'createBuffer' | 'submit'): boolean => ++calls[call] === failing[call];

  const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    if (!isDue('createBuffer')) return real.createBuffer(descriptor);
    return real.createBuffer({ ...descriptor, ...(fault === 'usage' ? { usage: 0 } : { size: 2 ** 52 }) });
  };
  const submit: GPUQueue['submit'] = (commands) =>
    real.queue.submit(isDue('submit') ? [refusedCommands(real)] : commands);
  const queue = standIn(real.queue, { submit });
  return {
    device: standIn(real, { createBuffer, queue }),
    calls,
    failAt: (call, number) => {
      calls[call] = 0;
      failing[call] = number;
    },
  };
}

/** Commands that cannot be encoded. */
function refusedCommands(device: GPUDevice): GPUCommandBuffer {
  const buffer = device.createBuffer({ size: 4, usage: 4 | 8 });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, buffer, 0, 1024);
  buffer.destroy();
  return encoder.finish();
}

/** `target` with some members replaced; methods of native objects require their own `this`. */
function standIn<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const own: unknown = Reflect.get(members, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
    set: (_, name, value) => Reflect.set(target, name, value, target),
  });
}
