/**
 * The demo as a visitor gets it: built once, served as plain files from a sub-path, without custom headers.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { serveFolder } from './fileServer.ts';
import type { FileServer } from './fileServer.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SUB_PATH = '/some/where/';

export interface DemoSite extends FileServer {
  /** Folder of the built files. */
  folder: string;
}

export async function openDemoSite(): Promise<DemoSite> {
  const folder = mkdtempSync(join(tmpdir(), 'wgflow-demo-'));
  await build({
    configFile: join(ROOT, 'demo', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  });
  const { url, requests, close } = await serveFolder(folder, { path: SUB_PATH });
  return {
    url,
    folder,
    requests,
    close: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
