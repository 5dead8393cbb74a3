/** Accounts for drawing time: the budget, the cost of each kind of work, and the delay of training. */
import { CostEstimates, DrawingBudget } from '../drawingBudget.ts';
import { Slowdown } from '../slowdown.ts';

/** After an image, the browser may compose its page for this long, ms. */
const PRESENTED_MS = 120;

export interface Job {
  /** The key for its cost. */
  kind: string;
  isImage: boolean;
  run: () => void;
}

/** Submitted work: its start, its expected time, and the marks before and after it, ms. */
interface Submitted {
  jobs: readonly Job[];
  start: number;
  expected: number;
  marked: Promise<number>;
  done: Promise<number>;
}

export class DrawingTime {
  readonly costs = new CostEstimates();
  readonly #budget = new DrawingBudget(performance.now());
  readonly #slowdown = new Slowdown();
  /** Queue time that drawing took since training last reported its steps. */
  #paidMs = 0;

  /** Sets the share of the GPU's time for drawing from now on. */
  setShare(share: number): void {
    this.#budget.setShare(share, performance.now());
  }

  /** Milliseconds that are free for drawing now; negative after an overdraft. */
  available(now: number): number {
    return this.#budget.available(now);
  }

  /** Milliseconds until drawing may start again. */
  wait(now: number): number {
    return this.#budget.wait(now);
  }

  /** Charges the delay that drawing added to `count` training steps. */
  stepsDone(count: number, start: number, end: number): void {
    // The drawing time in the queue is charged already, so only the rest is due.
    this.#budget.spend(Math.max(0, this.#slowdown.steps(count, start, end) - this.#paidMs));
    this.#paidMs = 0;
  }

  /** Learns the cost of the work when the GPU has finished it. @throws {Error} if the device is lost */
  async account({ jobs, start, expected, marked, done }: Submitted): Promise<void> {
    this.#budget.spend(expected);
    this.#slowdown.begin();
    const end = await done;
    const ms = Math.max(0, end - Math.max(start, await marked));
    this.costs.learn(
      jobs.map(({ kind }) => kind),
      ms,
    );
    this.#budget.spend(ms - expected);
    this.#paidMs += ms;
    this.#slowdown.end(end + (jobs.some(({ isImage }) => isImage) ? PRESENTED_MS : 0));
  }
}
