/** For tests that run once rather than once per adapter: any test that opens a device fails. */
import { afterEach, beforeEach, vi } from 'vitest';

const ADVICE = 'This test opens a device: import testDevice or testGpu from test/support/device.ts.';
let wasAsked = false;

const gpu = {
  requestAdapter(): never {
    wasAsked = true;
    throw new Error(ADVICE);
  },
};

// openDevice tries navigator.gpu first, too.
beforeEach(() => {
  vi.stubGlobal('navigator', { gpu });
});

afterEach(() => {
  vi.unstubAllGlobals();
  if (!wasAsked) return;
  wasAsked = false;
  throw new Error(ADVICE);
});
