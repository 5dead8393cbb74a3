/** Compares wgflow with other libraries; each is timed alone, in a worker that ends with its turn. */
import type { ConfigName } from '../../src/measure/index.ts';
import { byId, make } from '../page/dom.ts';
import { PEERS } from './protocol.ts';
import type { FromPeer, Peer, ToPeer } from './protocol.ts';

const TITLES: Readonly<Record<Peer | 'wgflow', string>> = {
  wgflow: 'wgflow, WebGPU',
  'jax-js': 'jax-js, WebGPU',
  'tfjs-webgpu': 'TensorFlow.js, WebGPU',
  'tfjs-wasm': 'TensorFlow.js, wasm',
};

export function listenForPeers(): void {
  byId('peer-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void timeAll(byId('peer-config', HTMLSelectElement).value as ConfigName);
  });
}

async function timeAll(config: ConfigName): Promise<void> {
  const button = byId('peer-run', HTMLButtonElement);
  const status = byId('peer-status', HTMLParagraphElement);
  const rows = byId('peer-rows', HTMLTableSectionElement);
  button.disabled = true;
  rows.replaceChildren();
  byId('peer-table', HTMLTableElement).hidden = false;
  let own: number | undefined;
  for (const peer of ['wgflow', ...PEERS] as const) {
    status.textContent = `Timing ${TITLES[peer]} on ${config}…`;
    const found = await timeOne({ type: 'time', peer, config });
    if (found.type === 'time' && peer === 'wgflow') own = found.msPerStep;
    rows.append(rowOf(TITLES[peer], found, own));
  }
  status.textContent = 'From the same weights on the same data; medians.';
  button.disabled = false;
}

/** Never rejects: a library's error becomes a line of the table. */
function timeOne(request: ToPeer): Promise<FromPeer> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'peer' });
    const settle = (message: FromPeer): void => {
      worker.terminate();
      resolve(message);
    };
    worker.onmessage = ({ data }: MessageEvent<FromPeer>) => settle(data);
    worker.onerror = ({ message }) =>
      settle({ type: 'failed', message: message || 'the worker did not start' });
    worker.postMessage(request);
  });
}

function rowOf(title: string, found: FromPeer, own: number | undefined): HTMLTableRowElement {
  const name = make('th', { scope: 'row' }, title);
  if (found.type === 'failed') {
    return make('tr', {}, name, make('td', { colSpan: 3, className: 'muted' }, found.message));
  }
  const { msPerStep, losses, setup } = found;
  name.title = setup;
  const cells = [
    msPerStep.toPrecision(3),
    own === undefined ? '' : `${(msPerStep / own).toPrecision(3)} ×`,
    losses.map((loss) => loss.toFixed(3)).join(', '),
  ];
  return make('tr', {}, name, ...cells.map((cell) => make('td', { className: 'number' }, cell)));
}
