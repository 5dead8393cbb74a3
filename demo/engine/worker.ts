/** The worker's entry point: messages in, messages out. */
import type { FromWorker, ToWorker } from '../protocol.ts';
import { Engine } from './engine.ts';

const post = (message: FromWorker, transfer: Transferable[] = []): void => {
  globalThis.postMessage(message, { transfer });
};
const engine = new Engine(post);

globalThis.addEventListener('message', (event: MessageEvent<ToWorker>) => engine.receive(event.data));
