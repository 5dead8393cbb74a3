import { defineConfig } from 'vitest/config';
import { testsByNeed } from './test/support/projects.ts';

const { cpu, gpu, e2e } = testsByNeed();
const shared = { testTimeout: 300_000, hookTimeout: 300_000 };
const setup = 'test/support/propertySeed.ts';

export default defineConfig({
  test: {
    projects: [
      // Mathematics, files, plans, twins and the page's code. They share a process: most of their time was its start.
      {
        test: {
          ...shared,
          name: 'cpu',
          include: cpu,
          setupFiles: [setup, 'test/support/noDevice.ts'],
          isolate: false,
        },
      },
      // Kernels and flows, on the adapter that WGFLOW_ADAPTER names. One worker, so that each kernel is compiled once:
      // compiling takes most of the time, and has threads of its own.
      {
        test: {
          ...shared,
          name: 'gpu',
          include: gpu,
          setupFiles: [setup],
          globalSetup: ['test/support/printAdapter.ts'],
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      // Browsers, installations and the command line as processes.
      {
        test: {
          ...shared,
          name: 'e2e',
          include: e2e,
          setupFiles: [setup],
          globalSetup: ['test/support/unpackChromium.ts'],
        },
      },
    ],
  },
});
