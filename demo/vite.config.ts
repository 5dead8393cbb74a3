/** The demo: two static pages that ask nobody for anything. */
import { existsSync } from 'node:fs';
import { defineConfig } from 'vite';

/** The libraries that the kernel lab sets beside wgflow are part of the page where they are installed. */
const peers = `${import.meta.dirname}/../bench/peers`;
const hasPeers = existsSync(`${peers}/node_modules/@jax-js/jax`);

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: { alias: { '#peers': `${peers}/${hasPeers ? 'page' : 'noPeers'}.mjs` } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    rollupOptions: { input: { index: 'index.html', bench: 'bench.html' } },
  },
});
