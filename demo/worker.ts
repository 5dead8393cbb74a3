/** The one worker script of both pages, so that all they load of the library they load once: its name says its part. */
const PARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  playground: () => import('./engine/worker.ts'),
  lab: () => import('./lab/worker.ts'),
  peer: () => import('./lab/peerWorker.ts'),
};

/** What comes before the part is there to listen. */
const early: unknown[] = [];
const keep = ({ data }: MessageEvent): void => void early.push(data);

globalThis.addEventListener('message', keep);
PARTS[self.name]?.().then(() => {
  globalThis.removeEventListener('message', keep);
  for (const data of early) globalThis.dispatchEvent(new MessageEvent('message', { data }));
}, reportError);
