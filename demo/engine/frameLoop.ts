/** Schedules a studio's drawing: with the browser's frames, as often as its budget allows. */
import type { Studio } from './pictures/studio.ts';

/** For shorter delays, wait for the browser's next frame rather than a timer, ms. */
const FRAME_MS = 20;

export class FrameLoop {
  readonly #studio: () => Studio | undefined;
  #isAsked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param studio the studio that draws now; none while the tab is hidden */
  constructor(studio: () => Studio | undefined) {
    this.#studio = studio;
  }

  /** Lets the studio draw with the browser's next frame, or with the first one that its budget allows. */
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
