/** Runs a TypeScript script of this folder: node demo/scripts/run.mjs record.ts */
import { createServer } from 'vite';

const server = await createServer({
  configFile: false,
  root: new URL('../..', import.meta.url).pathname,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
  // Node 20 has no `using`.
  oxc: { target: 'es2022' },
});
try {
  const { main } = await server.ssrLoadModule(new URL(process.argv[2], import.meta.url).pathname);
  await main();
} finally {
  await server.close();
}
