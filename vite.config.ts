import { defineConfig } from 'vitest/config';

const nodeOnly = [
  /^node:/,
  '@observablehq/plot',
  '@sparticuz/chromium',
  'cli-progress',
  'cli-table3',
  'commander',
  'csv-parse',
  'fast-png',
  'linkedom',
  'valibot',
  'webgpu',
];

export default defineConfig({
  build: {
    target: 'es2022',
    minify: false,
    sourcemap: true,
    lib: {
      formats: ['es'],
      entry: {
        index: 'src/index.ts',
        node: 'src/node.ts',
        reference: 'src/reference/index.ts',
        bench: 'src/bench/index.ts',
        cli: 'src/cli/main.ts',
      },
    },
    rollupOptions: { external: nodeOnly },
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/printAdapter.ts'],
    setupFiles: ['test/support/propertySeed.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
