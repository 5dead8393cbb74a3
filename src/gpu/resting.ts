/**
 * Waits in Node for a device that computes on the CPU. While a promise of Dawn is open, Dawn asks for its result in every
 * turn of the event loop, which takes a core from the device. So the loop rests a little in each turn.
 */
import type { Wait } from './device.ts';

/** The rest in each turn, ms: short next to a readback of many rows, and timers and sockets hardly notice it. */
const REST_MS = 0.2;

const never = new Int32Array(new SharedArrayBuffer(4));
let open = 0;

function rest(): void {
  if (open === 0) return;
  Atomics.wait(never, 0, 0, REST_MS);
  setImmediate(rest);
}

export const resting: Wait = async (promise) => {
  if (open++ === 0) setImmediate(rest);
  try {
    return await promise;
  } finally {
    open--;
  }
};
