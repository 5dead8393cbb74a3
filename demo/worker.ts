/** The worker script of all pages, so that each loads the library once. The worker's name selects its part. */
const PARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  playground: () => import('./engine/worker.ts'),
  lab: () => import('./lab/worker.ts'),
  table: () => import('./page/tableWorker.ts'),
  images: () => import('./images/worker.ts'),
  reference: () => import('./reference/worker.ts'),
  peer: () => import('./lab/peerWorker.ts'),
};

/** Keeps messages that arrive before the part has loaded. */
const early: unknown[] = [];
const keep = ({ data }: MessageEvent): void => void early.push(data);

globalThis.addEventListener('message', keep);
PARTS[self.name]?.().then(() => {
  globalThis.removeEventListener('message', keep);
  for (const data of early) globalThis.dispatchEvent(new MessageEvent('message', { data }));
}, reportError);
