/** The time that drawing takes: what may be spent, what kinds of work cost, and what training is slowed down. */
import { CostEstimates, DrawingBudget } from '../drawingBudget.ts';
import { Slowdown } from '../slowdown.ts';

/** For so long after an image the browser puts its page together, ms. */
const PRESENTED_MS = 120;

export interface Job {
  /** Where its cost is kept. */
  kind: string;
  isImage: boolean;
  run: () => void;
}

/** Work that was submitted: when, what it was expected to take, and the marks before and after it, ms. */
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
  /** What drawing took of the queue since training last told of its steps. */
  #paidMs = 0;

  /** The part of the GPU's time that is for drawing from now on. */
  setShare(share: number): void {
    this.#budget.setShare(share, performance.now());
  }

  /** Milliseconds that may be drawn now; negative where too much was. */
  available(now: number): number {
    return this.#budget.available(now);
  }

  /** Milliseconds until something may be drawn again. */
  wait(now: number): number {
    return this.#budget.wait(now);
  }

  /** So many steps of training took place: the time that drawing has added to them is paid too. */
  stepsDone(count: number, start: number, end: number): void {
    // Beyond what the queue says that the drawing took, which is paid already.
    this.#budget.spend(Math.max(0, this.#slowdown.steps(count, start, end) - this.#paidMs));
    this.#paidMs = 0;
  }

  /** Learns what the work cost once the GPU has done it. @throws {Error} if the device is lost */
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
