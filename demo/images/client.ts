/** The page's side of the worker. */
import type { Call, DigitsModel, Progress, Reply } from './protocol.ts';

/** The flow of digits in a worker: each method is a message. @throws {Error} with the worker's sentence, if it refuses */
export function digitsInWorker(onProgress: (progress: Progress) => void): DigitsModel {
  const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'images' });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>();
  let lastId = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    if ('progress' in data) {
      onProgress(data.progress);
      return;
    }
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('problem' in data) asked?.reject(new Error(data.problem));
    else asked?.resolve(data.value as never);
  });
  worker.addEventListener('error', ({ message }) => {
    for (const { reject } of waiting.values())
      reject(new Error(message || 'The worker did not load. Reload the page.'));
    waiting.clear();
  });
  const method =
    <Name extends keyof DigitsModel>(name: Name) =>
    (...args: Parameters<DigitsModel[Name]>): Promise<Awaited<ReturnType<DigitsModel[Name]>>> => {
      const call: Call = { id: ++lastId, name, args };
      return new Promise((resolve, reject) => {
        waiting.set(call.id, { resolve, reject });
        worker.postMessage(call);
      });
    };
  return {
    open: method('open'),
    draw: method('draw'),
    plane: method('plane'),
    between: method('between'),
    scores: method('scores'),
    train: method('train'),
    pause: method('pause'),
  };
}
