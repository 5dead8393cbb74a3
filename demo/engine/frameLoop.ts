/** When a studio draws: with the browser's frames, as often as its budget allows. */
import type { Studio } from './pictures/studio.ts';

/** Sooner than so, the browser's next frame is waited for instead of a clock, ms. */
const FRAME_MS = 20;

export class FrameLoop {
  readonly #studio: () => Studio | undefined;
  #isAsked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param studio which studio draws now; none while nobody looks */
  constructor(studio: () => Studio | undefined) {
    this.#studio = studio;
  }

  /** Lets the studio draw with the browser's next frame, or the first after it may draw again. */
  ask(): void {
    const studio = this.#studio();
    if (this.#isAsked || studio === undefined || !studio.hasWork) return;
    const delay = studio.delay(performance.now());
    if (delay > FRAME_MS) {
      this.#askIn(delay);
      return;
    }
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#studio()?.frame(performance.now());
      this.ask();
    });
  }

  #askIn(delay: number): void {
    if (delay === Infinity || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.ask();
    }, delay);
  }
}
