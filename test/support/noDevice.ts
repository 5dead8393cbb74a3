/** For tests that run once, and not once for each adapter: whichever opens a device fails. */
import { afterEach, beforeEach, vi } from 'vitest';

const ADVICE = 'This test opens a device: import testDevice or testGpu from test/support/device.ts.';
let wasAsked = false;

const gpu = {
  requestAdapter(): never {
    wasAsked = true;
    throw new Error(ADVICE);
  },
};

// openDevice, too, turns to navigator.gpu first.
beforeEach(() => {
  vi.stubGlobal('navigator', { gpu });
});

afterEach(() => {
  vi.unstubAllGlobals();
  if (!wasAsked) return;
  wasAsked = false;
  throw new Error(ADVICE);
});
