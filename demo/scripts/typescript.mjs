/** Loads TypeScript by Vite, as the tests do: shaders and `using` work. */
import { createServer } from 'vite';

/** Loads the module of `url`, and returns what `use` makes of it. */
export async function withModule(url, use) {
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
    return await use(await server.ssrLoadModule(url.pathname));
  } finally {
    await server.close();
  }
}
