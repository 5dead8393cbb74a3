/** The demo: static pages that ask nobody for anything. */
import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vite';
import { shadersWithoutComments } from '../vite.config.ts';

/** The page has the libraries to compare with if they are installed. */
const peers = `${import.meta.dirname}/../bench/peers`;
const hasPeers = existsSync(`${peers}/node_modules/@jax-js/jax`);

/** What a visitor loads only by asking for it lies apart. */
const folderOf = (files: readonly string[]): string =>
  files.some((file) => file.includes('bench/peers/node_modules/')) ? 'assets/peers' : 'assets';

const pages = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.html'));

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: {
    alias: [
      // The package's main entry wants Node's streams.
      { find: /^csv-parse$/, replacement: 'csv-parse/browser/esm/sync' },
      { find: '#peers', replacement: `${peers}/${hasPeers ? 'page' : 'noPeers'}.mjs` },
    ],
  },
  plugins: [shadersWithoutComments],
  worker: {
    format: 'es',
    plugins: () => [shadersWithoutComments],
    rollupOptions: {
      output: {
        chunkFileNames: ({ moduleIds }) => `${folderOf(moduleIds)}/[name]-[hash].js`,
        assetFileNames: ({ originalFileNames }) => `${folderOf(originalFileNames)}/[name]-[hash][extname]`,
      },
    },
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // A file that became a data: URL could not be fetched under the pages' policy.
    assetsInlineLimit: 0,
    rollupOptions: { input: pages },
  },
});
