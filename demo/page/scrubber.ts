/** The layer scrubber: by hand, or played to one end. */
import { byId } from './dom.ts';

/** Layers a second while it plays. */
const SPEED = 2.2;

export class Scrubber {
  readonly #range = byId('layer', HTMLInputElement);
  readonly #moved: (layer: number) => void;
  #frame: number | undefined;

  constructor(moved: (layer: number) => void) {
    this.#moved = moved;
    this.#range.addEventListener('input', () => {
      this.stop();
      moved(this.layer);
    });
    byId('play-back', HTMLButtonElement).addEventListener('click', () => this.#play(-1));
    byId('play-forward', HTMLButtonElement).addEventListener('click', () => this.#play(1));
  }

  /** From 0 (data) to the number of layers (latent). */
  get layer(): number {
    return this.#range.valueAsNumber;
  }

  set layer(layer: number) {
    this.#range.value = String(layer);
  }

  get layers(): number {
    return Number(this.#range.max);
  }

  /** Keeps the place in proportion. */
  set layers(layers: number) {
    const share = this.layer / this.layers;
    this.#range.max = String(layers);
    this.layer = share * layers;
  }

  describe(words: string): void {
    this.#range.setAttribute('aria-valuetext', words);
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #play(direction: 1 | -1): void {
    this.stop();
    const end = direction === 1 ? this.layers : 0;
    if (this.layer === end) this.layer = this.layers - end;
    let last = performance.now();
    const advance = (now: number): void => {
      const next = this.layer + direction * SPEED * Math.min(0.1, (now - last) / 1000);
      last = now;
      this.layer = direction === 1 ? Math.min(end, next) : Math.max(end, next);
      this.#moved(this.layer);
      this.#frame = this.layer === end ? undefined : requestAnimationFrame(advance);
    };
    this.#frame = requestAnimationFrame(advance);
  }
}
