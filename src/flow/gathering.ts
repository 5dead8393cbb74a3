/** Small calls of one pass that wait at the same time, and run as one. */
import { PASSES } from '../passes/index.ts';
import type { PassName } from '../passes/index.ts';
import { powerOfTwo } from '../plan/shape.ts';
import type { PassJob } from './jobs.ts';

/** The most rows that run together. Up to here every kernel is built as for a single row: see `tileOf` in passes/resident. */
const MAX_ROWS = 1024;

type Job = PassJob<PassName>;

/** Takes a turn, and runs the job that the argument gives then. */
type Run = (together: () => Promise<Job>) => Promise<void>;

/** Calls of one pass in the order in which they came. */
interface Group {
  jobs: Job[];
  rows: number;
  done: Promise<ReadonlySet<Job>>;
}

/** Each call gets the bits that it would get alone: a row's results do not depend on other rows. */
export class Gathering {
  readonly #open = new Map<PassName, Group>();

  /** Whether the job may run with others: it is small, and a row's results depend on nothing else. */
  static accepts({ pass, rows }: Job): boolean {
    return rows > 0 && rows <= MAX_ROWS && PASSES[pass].takes !== 'draws' && pass !== 'gradients';
  }

  /**
   * Runs the job together with those of its pass that come until its turn.
   * @param run takes a turn, and runs the job that its argument returns then
   */
  async run(job: Job, run: Run): Promise<void> {
    const { pass, rows } = job;
    let group = this.#open.get(pass);
    if (group !== undefined && powerOfTwo(group.rows + rows) <= Math.min(MAX_ROWS, job.chunkRows)) {
      group.jobs.push(job);
      group.rows += rows;
    } else {
      group = this.#begin(job, run);
      this.#open.set(pass, group);
    }
    if (!(await group.done).has(job)) job.signal?.throwIfAborted();
  }

  /** Closes the groups: later calls begin new ones. */
  close(): void {
    this.#open.clear();
  }

  #begin(job: Job, run: Run): Group {
    let alive: Job[] = [];
    let split: (() => void) | undefined;
    const running = run(async () => {
      const together = group.jobs.length > 1 ? (await import('./later.ts')).joinedJobs : undefined;
      if (this.#open.get(job.pass) === group) this.#open.delete(job.pass);
      alive = group.jobs.filter(({ signal }) => signal?.aborted !== true);
      // It may run once more, with fewer jobs.
      split = undefined;
      const [first = { ...job, rows: 0 }, ...others] = alive;
      if (together === undefined || others.length === 0) return first;
      const whole = together([first, ...others]);
      ({ split } = whole);
      return whole.job;
    });
    const done = running.then(() => {
      split?.();
      return new Set(alive);
    });
    const group: Group = { jobs: [job], rows: job.rows, done };
    return group;
  }
}
