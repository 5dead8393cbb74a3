/** The demo: static pages that ask nobody for anything. */
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

const pages = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.html'));

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: {
    // The package's main entry wants Node's streams.
    alias: [{ find: /^csv-parse$/, replacement: 'csv-parse/browser/esm/sync' }],
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // A file that became a data: URL could not be fetched under the pages' policy.
    assetsInlineLimit: 0,
    rollupOptions: { input: pages },
  },
});
