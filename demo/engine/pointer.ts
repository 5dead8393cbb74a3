/** Follows the pointer: one query to the studio at a time, always for the newest position. */
import type { Hovered, Picture } from '../protocol.ts';
import type { Studio } from './pictures/studio.ts';

interface Place {
  picture: Picture;
  at: { x: number; y: number } | null;
}

export class Pointer {
  readonly #studio: () => Studio | undefined;
  readonly #told: (hovered: Hovered | null) => void;
  #next: Place | undefined;
  #isAsking = false;

  constructor(studio: () => Studio | undefined, told: (hovered: Hovered | null) => void) {
    this.#studio = studio;
    this.#told = told;
  }

  move(place: Place): void {
    this.#next = place;
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      for (let place = this.#next; place !== undefined; place = this.#next) {
        this.#next = undefined;
        const hovered = (await this.#studio()?.hover(place.picture, place.at)) ?? null;
        if (this.#next === undefined) this.#told(hovered);
      }
    } catch {
      // The flow was replaced meanwhile, so the pointer is over nothing.
      this.#told(null);
    } finally {
      this.#isAsking = false;
    }
  }
}
