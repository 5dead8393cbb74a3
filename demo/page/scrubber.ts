/** The layer scrubber: moved by hand, or played to one end. */
import { byId } from './dom.ts';
import { scrubbed } from './transitions.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

/** Layers a second during play. */
const SPEED = 2.2;

export class Scrubber {
  readonly #store: Store<State>;
  #frame: number | undefined;

  constructor(store: Store<State>) {
    this.#store = store;
    const range = byId('layer', HTMLInputElement);
    range.addEventListener('input', () => {
      this.#stop();
      store.update((state) => scrubbed(state, range.valueAsNumber));
    });
    byId('play-back', HTMLButtonElement).addEventListener('click', () => this.#play(-1));
    byId('play-forward', HTMLButtonElement).addEventListener('click', () => this.#play(1));
    store.follow(
      ({ flow, layer }) => [flow.bijectors.length, layer],
      ([layers, layer]) => {
        range.max = String(layers);
        range.value = String(layer);
      },
    );
  }

  #stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #play(direction: 1 | -1): void {
    this.#stop();
    const { flow, layer: first } = this.#store.state;
    const layers = flow.bijectors.length;
    const end = direction === 1 ? layers : 0;
    let at = first === end ? layers - end : first;
    let last = performance.now();
    const advance = (now: number): void => {
      const next = at + direction * SPEED * Math.min(0.1, (now - last) / 1000);
      last = now;
      at = direction === 1 ? Math.min(end, next) : Math.max(end, next);
      this.#store.update((state) => scrubbed(state, at));
      this.#frame = at === end ? undefined : requestAnimationFrame(advance);
    };
    this.#frame = requestAnimationFrame(advance);
  }
}
