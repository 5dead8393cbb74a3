/** The page's side of the engine worker: sends messages, receives events, matches answers to questions. */
import type { Answers, FromWorker, Request, ToWorker } from '../protocol.ts';

/** The engine's unsolicited messages. */
export type EngineEvent = Exclude<FromWorker, { type: 'answer' | 'refusal' }>;
type Question = { [K in Request['type']]: Omit<Extract<Request, { type: K }>, 'id'> }[Request['type']];

interface Waiting {
  resolve: (value: never) => void;
  reject: (reason: Error) => void;
}

export class EngineClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(listener: (event: EngineEvent) => void) {
    this.#worker = new Worker(new URL('../worker.ts', import.meta.url), {
      type: 'module',
      name: 'playground',
    });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'answer') this.#take(data.id)?.resolve(data.value as never);
      else if (data.type === 'refusal') this.#take(data.id)?.reject(new Error(data.message));
      else listener(data);
    });
    this.#worker.addEventListener('error', (event) =>
      listener({ type: 'unavailable', reason: event.message || 'the script of the engine did not load' }),
    );
  }

  send(message: Exclude<ToWorker, Request>, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** @throws {Error} with the worker's sentence, if it refuses */
  ask<Q extends Question>(question: Q, transfer: Transferable[] = []): Promise<Answers[Q['type']]> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
