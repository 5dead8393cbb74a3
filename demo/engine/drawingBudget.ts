/** How much of the GPU's time the pictures take. */

/** What may be saved up, ms: an idle while is no excuse for a long frame afterwards. */
const MAX_SAVED_MS = 8;
/** What may be owed, ms: a time that was taken while something else disturbed it does not stop the pictures for long. */
const MAX_OWED_MS = 400;

/** Gathers a share of the time that goes by; a piece of work may begin while anything is left, and may overdraw. */
export class DrawingBudget {
  #share = 1;
  #balance = MAX_SAVED_MS;
  #last: number;

  constructor(now: number) {
    this.#last = now;
  }

  /** The part of the time that is for drawing from now on. */
  setShare(share: number, now: number): void {
    this.available(now);
    // What was owed to training that has stopped, or was saved while there was none, counts no more.
    if (share !== this.#share) this.#balance = Math.min(MAX_SAVED_MS, Math.max(0, this.#balance));
    this.#share = share;
  }

  /** Milliseconds that may be drawn now; negative where too much was. */
  available(now: number): number {
    this.#balance = Math.min(MAX_SAVED_MS, this.#balance + this.#share * Math.max(0, now - this.#last));
    this.#last = now;
    return this.#balance;
  }

  /** Milliseconds until something may be drawn again; 0 where it may now. */
  wait(now: number): number {
    return Math.max(0, -this.available(now) / this.#share);
  }

  spend(ms: number): void {
    this.#balance = Math.max(-MAX_OWED_MS, this.#balance - ms);
  }
}

/** A new time counts this much against what was known. */
const NEWS = 0.3;
/** First runs compile, so that their times are soon forgotten. */
const FIRST_RUNS = 3;

/** What kinds of work cost on the GPU, learned from frames that hold several. */
export class CostEstimates {
  readonly #known = new Map<string, { ms: number; runs: number }>();

  /** Milliseconds of a piece of that kind; undefined where none was timed. */
  of(kind: string): number | undefined {
    return this.#known.get(kind)?.ms;
  }

  /** A frame of these kinds took so long; each has the part of it that was expected. */
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

/** Cells along a side of the density's grid, and rows that go through the flow at once. */
const SIDES = [48, 64, 96, 128, 192, 256] as const;
const SLICES = [256, 1024, 4096, 16_384] as const;
/** A slice should take no longer, so that what waits behind it, such as the page's own frame, comes in time. */
const SLICE_MS = 5;

/** The finest grid whose rows take at most `budgetMs`, for a canvas of this many pixels. */
export function densitySide(msPerRow: number, budgetMs: number, pixels: number): number {
  const most = Math.max(SIDES[0], pixels / 2);
  const fitting = SIDES.filter((side) => side <= most && side * side * msPerRow <= budgetMs);
  return fitting.at(-1) ?? SIDES[0];
}

/** Rows of a slice of the grid, at most `most`; unknown times are taken for those of a CPU. */
export function sliceRows(msPerRow: number | undefined, most: number): number {
  if (msPerRow === undefined) return Math.min(most, SLICES[1]);
  const fitting = SLICES.filter((rows) => rows * msPerRow <= SLICE_MS);
  return Math.min(most, fitting.at(-1) ?? SLICES[0]);
}
