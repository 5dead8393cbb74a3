/** The state of the steps that a run keeps on the GPU, to go back to when steps are not finite. */
import type { Buffers, OwnedBuffer } from '../gpu/buffers.ts';
import { AVERAGE, FIRST_MOMENT, PARAMETERS, SECOND_MOMENT } from '../plan/names.ts';
import type { TrainingSettings } from './settingTable.ts';

/** The names of the buffers that a step updates. */
export function keptBuffers({
  averageDecay,
  optimizer,
}: Pick<TrainingSettings, 'averageDecay' | 'optimizer'>): string[] {
  return [
    PARAMETERS,
    FIRST_MOMENT,
    ...(optimizer === 'adam' ? [SECOND_MOMENT] : []),
    ...(averageDecay > 0 ? [AVERAGE] : []),
  ];
}

export class KeptState implements Disposable {
  readonly #buffers: Buffers;
  readonly #length: number;
  readonly #pairs: readonly { live: OwnedBuffer; copy: OwnedBuffer }[];
  #step: number;

  /** @param live the buffers that a step updates, of which it changes the first `length` elements */
  constructor(buffers: Buffers, live: readonly OwnedBuffer[], length: number, step: number) {
    this.#buffers = buffers;
    this.#length = length;
    this.#step = step;
    this.#pairs = live.map((buffer) => ({
      live: buffer,
      copy: buffers.storage(`${buffer.buffer.label} kept`, length),
    }));
  }

  /** The step after which the state was kept. */
  get step(): number {
    return this.#step;
  }

  get copies(): OwnedBuffer[] {
    return this.#pairs.map(({ copy }) => copy);
  }

  keep(step: number): void {
    this.#step = step;
    this.#buffers.copyAll(
      this.#pairs.map(({ live, copy }) => ({ from: live, to: copy })),
      this.#length,
    );
  }

  restore(): void {
    this.#buffers.copyAll(
      this.#pairs.map(({ live, copy }) => ({ from: copy, to: live })),
      this.#length,
    );
  }

  [Symbol.dispose](): void {
    for (const { copy } of this.#pairs) copy.dispose();
  }
}
