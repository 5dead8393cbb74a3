/** What drawing costs a training whose steps it delays. */

/** A new time counts this much against what was known. */
const NEWS = 0.2;

/**
 * Compares steps during which something was drawn with steps during which nothing was. On a software adapter this sees
 * more than the GPU's own time does: the browser puts its page together on the same CPU.
 */
export class Slowdown {
  #quietMs: number | undefined;
  #busyUntil = -Infinity;

  /** Something is drawn from now on. */
  begin(): void {
    this.#busyUntil = Infinity;
  }

  /** What was drawn is done with at that time. */
  end(at: number): void {
    this.#busyUntil = at;
  }

  /** Milliseconds of a step while nothing is drawn; undefined until there was one. */
  get quietMs(): number | undefined {
    return this.#quietMs;
  }

  /** So many steps went on from `start` to `end`: the milliseconds that drawing added, 0 where there was none. */
  steps(count: number, start: number, end: number): number {
    const ms = end - start;
    const perStep = ms / Math.max(1, count);
    // No step is faster for being disturbed: what was taken for quiet, while kernels compiled say, was not.
    if (this.#quietMs !== undefined) this.#quietMs = Math.min(this.#quietMs, perStep);
    if (start < this.#busyUntil) {
      return this.#quietMs === undefined ? 0 : Math.max(0, ms - count * this.#quietMs);
    }
    this.#quietMs = this.#quietMs === undefined ? perStep : this.#quietMs + NEWS * (perStep - this.#quietMs);
    return 0;
  }
}
