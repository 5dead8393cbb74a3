/** Measures how much drawing delays training steps. */

/** Weight of a new time against the known one. */
const NEWS = 0.2;

/**
 * Compares steps that ran during drawing with steps that did not. On a software adapter this finds more than
 * the GPU's own timing, because the browser composes its page on the same CPU.
 */
export class Slowdown {
  #quietMs: number | undefined;
  #busyUntil = -Infinity;

  /** Drawing starts now. */
  begin(): void {
    this.#busyUntil = Infinity;
  }

  /** Drawing ended at this time. */
  end(at: number): void {
    this.#busyUntil = at;
  }

  /** Milliseconds of a step without drawing; undefined until one was timed. */
  get quietMs(): number | undefined {
    return this.#quietMs;
  }

  /** Milliseconds that drawing added to `count` steps between `start` and `end`; 0 without drawing. */
  steps(count: number, start: number, end: number): number {
    const ms = end - start;
    const perStep = ms / Math.max(1, count);
    // Disturbance never speeds up a step: a slower "quiet" time was disturbed too, by a compile for example.
    if (this.#quietMs !== undefined) this.#quietMs = Math.min(this.#quietMs, perStep);
    if (start < this.#busyUntil) {
      return this.#quietMs === undefined ? 0 : Math.max(0, ms - count * this.#quietMs);
    }
    this.#quietMs = this.#quietMs === undefined ? perStep : this.#quietMs + NEWS * (perStep - this.#quietMs);
    return 0;
  }
}
