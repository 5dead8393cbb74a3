/** The training controls (train, pause, step, slow motion, reset) and the status line. */
import { byId, set, setText } from './dom.ts';
import type { Phase, State } from './state.ts';
import type { Store } from './store.ts';

export interface TransportEvents {
  train: () => void;
  pause: () => void;
  step: () => void;
  reset: () => void;
  slow: () => void;
}

export class Transport {
  readonly #train = byId('train', HTMLButtonElement);
  readonly #step = byId('step', HTMLButtonElement);
  readonly #slow = byId('slow', HTMLButtonElement);
  readonly #draw = byId('draw-yours', HTMLButtonElement);
  readonly #reset = byId('reset', HTMLButtonElement);

  constructor(store: Store<State>, events: TransportEvents) {
    this.#train.addEventListener('click', () =>
      store.state.phase === 'training' ? events.pause() : events.train(),
    );
    this.#step.addEventListener('click', () => events.step());
    this.#reset.addEventListener('click', () => events.reset());
    this.#slow.addEventListener('click', () => events.slow());
    const status = byId('status', HTMLElement);
    const progress = byId('progress', HTMLProgressElement);
    store.follow(
      ({ phase }) => [phase],
      ([phase]) => this.#show(phase),
    );
    store.follow(
      ({ isSlow }) => [isSlow],
      ([isSlow]) => set(this.#slow, { 'aria-pressed': String(isSlow) }),
    );
    store.follow(
      (state) => [state.status],
      ([sentence]) => setText(status, sentence),
    );
    store.follow(
      ({ run: { last } }) => [last?.step ?? 0, Math.max(1, last?.steps ?? 1)],
      ([step, steps]) => {
        progress.max = steps;
        progress.value = step;
      },
    );
  }

  #show(phase: Phase): void {
    const off = phase === 'starting' || phase === 'off';
    for (const button of [this.#train, this.#slow, this.#reset]) button.disabled = off;
    this.#draw.disabled = phase === 'off';
    // After the last step, "Train on" asks for more.
    this.#step.disabled = off || phase === 'training' || phase === 'done';
    setText(this.#train, phase === 'training' ? 'Pause' : phase === 'done' ? 'Train on' : 'Train');
  }
}
