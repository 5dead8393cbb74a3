import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const nodeOnly = [
  /^node:/,
  /^@bufbuild\/protobuf/,
  '@observablehq/plot',
  '@sparticuz/chromium',
  'cli-progress',
  'cli-table3',
  'commander',
  /^csv-parse/,
  'fast-png',
  'linkedom',
  'webgpu',
];

/** Leaves the comments of shaders out of the bundle; the lines stay, so that a compiler's error still names them. */
export const shadersWithoutComments: Plugin = {
  name: 'shaders-without-comments',
  apply: 'build',
  enforce: 'pre',
  async load(id) {
    const file = /^(.*\.wgsl)\?raw$/.exec(id)?.[1];
    if (file === undefined) return undefined;
    const text = await readFile(file, 'utf8');
    // Lines stay, so that a compiler's message names the line of the source.
    return `export default ${JSON.stringify(text.replaceAll(/[ \t]*\/\/.*$|^[ \t]+/gm, ''))}`;
  },
};

export default defineConfig({
  plugins: [shadersWithoutComments],
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
        bench: 'src/measure/index.ts',
        ensemble: 'src/ensemble.ts',
        onnx: 'src/onnx/index.ts',
        pytorch: 'src/pytorch.ts',
        table: 'src/table.ts',
        cli: 'src/cli/index.ts',
      },
    },
    rollupOptions: {
      external: nodeOnly,
      output: {
        chunkFileNames: ({ moduleIds }) =>
          moduleIds.some((id) => id.includes('.wgsl')) ? 'shaders/[name]-[hash].js' : '[name]-[hash].js',
      },
    },
  },
});
