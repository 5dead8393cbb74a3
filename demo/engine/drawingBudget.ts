/** Limits the GPU time that the pictures take. */

/** The most time that can be saved up, ms: idle time does not justify a long frame afterwards. */
const MAX_SAVED_MS = 8;
/** The most time that can be owed, ms: one disturbed measurement must not stop the pictures for long. */
const MAX_OWED_MS = 400;

/** Collects a share of the elapsed time. Work may begin while any is left, and may overdraw. */
export class DrawingBudget {
  #share = 1;
  #balance = MAX_SAVED_MS;
  #last: number;

  constructor(now: number) {
    this.#last = now;
  }

  /** Sets the share of time for drawing from now on. */
  setShare(share: number, now: number): void {
    this.available(now);
    // Forget debt to training that has stopped, and savings from before it started.
    if (share !== this.#share) this.#balance = Math.min(MAX_SAVED_MS, Math.max(0, this.#balance));
    this.#share = share;
  }

  /** Milliseconds that are free for drawing now; negative after an overdraft. */
  available(now: number): number {
    this.#balance = Math.min(MAX_SAVED_MS, this.#balance + this.#share * Math.max(0, now - this.#last));
    this.#last = now;
    return this.#balance;
  }

  /** Milliseconds until drawing may start again; 0 if it may now. */
  wait(now: number): number {
    return Math.max(0, -this.available(now) / this.#share);
  }

  spend(ms: number): void {
    this.#balance = Math.max(-MAX_OWED_MS, this.#balance - ms);
  }
}

/** Weight of a new time against the known one. */
const NEWS = 0.3;
/** First runs include compilation, so their times are soon forgotten. */
const FIRST_RUNS = 3;

/** The GPU time of each kind of work, learned from frames that hold several kinds. */
export class CostEstimates {
  readonly #known = new Map<string, { ms: number; runs: number }>();

  /** Milliseconds of one piece of that kind; undefined if none was timed. */
  of(kind: string): number | undefined {
    return this.#known.get(kind)?.ms;
  }

  /** Splits the time of a frame among its kinds, in proportion to their expected times. */
  learn(kinds: readonly string[], ms: number): void {
    const expected = kinds.map((kind) => this.of(kind) ?? ms / kinds.length);
    const total = Math.max(
      expected.reduce((sum, each) => sum + each, 0),
      1e-6,
    );
    const seen = new Map<string, number[]>();
    kinds.forEach((kind, index) => {
      const part = (ms * (expected[index] ?? 0)) / total;
      seen.set(kind, [...(seen.get(kind) ?? []), part]);
    });
    for (const [kind, parts] of seen) {
      const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
      const { ms: before, runs } = this.#known.get(kind) ?? { ms: mean, runs: 0 };
      const next = runs < FIRST_RUNS ? Math.min(before, mean) : before + NEWS * (mean - before);
      this.#known.set(kind, { ms: next, runs: runs + 1 });
    }
  }
}

/** Cells along a side of the density's grid, and rows that pass through the flow at once. */
const SIDES = [48, 64, 96, 128, 192, 256] as const;
const SLICES = [256, 1024, 4096, 16_384] as const;
/** Time limit of a slice, so that work behind it, such as the page's own frame, is not late. */
const SLICE_MS = 5;

/** The finest grid whose rows take at most `budgetMs`, for a canvas of this many pixels. */
export function densitySide(msPerRow: number, budgetMs: number, pixels: number): number {
  const most = Math.max(SIDES[0], pixels / 2);
  const fitting = SIDES.filter((side) => side <= most && side * side * msPerRow <= budgetMs);
  return fitting.at(-1) ?? SIDES[0];
}

/** Rows of a slice of the grid, at most `most`; a CPU's speed is assumed until a time is known. */
export function sliceRows(msPerRow: number | undefined, most: number): number {
  if (msPerRow === undefined) return Math.min(most, SLICES[1]);
  const fitting = SLICES.filter((rows) => rows * msPerRow <= SLICE_MS);
  return Math.min(most, fitting.at(-1) ?? SLICES[0]);
}
