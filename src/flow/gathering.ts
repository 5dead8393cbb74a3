/** Small calls of one pass that wait at the same time, and run as one. */
import type { RowInput } from '../gpu/rows.ts';
import { PASSES } from '../passes/index.ts';
import type { PassName } from '../passes/index.ts';
import type { PassJob } from './jobs.ts';
import { rowsLike } from './soundRows.ts';

/** The most rows that run together. Up to here every kernel is built as for a single row: see `tileOf` in passes/resident. */
const MAX_ROWS = 1024;

type Job = PassJob<PassName>;

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
  async run(job: Job, run: (together: () => Job) => Promise<void>): Promise<void> {
    const { pass, rows } = job;
    let group = this.#open.get(pass);
    if (group !== undefined && paddedCount(group.rows + rows) <= Math.min(MAX_ROWS, job.chunkRows)) {
      group.jobs.push(job);
      group.rows += rows;
    } else {
      group = this.#begin(job, run);
      this.#open.set(pass, group);
    }
    if (!(await group.done).has(job)) job.signal?.throwIfAborted();
  }

  /** Lets no later call join those that wait. */
  close(): void {
    this.#open.clear();
  }

  #begin(job: Job, run: (together: () => Job) => Promise<void>): Group {
    let alive: Job[] = [];
    let whole = job;
    const running = run(() => {
      if (this.#open.get(job.pass) === group) this.#open.delete(job.pass);
      alive = group.jobs.filter(({ signal }) => signal?.aborted !== true);
      whole = joined(alive, job);
      return whole;
    });
    const done = running.then(() => {
      if (alive.length > 1) split(whole, alive);
      return new Set(alive);
    });
    const group: Group = { jobs: [job], rows: job.rows, done };
    return group;
  }
}

/** Powers of two, so that few programs serve groups of every size. */
function paddedCount(rows: number): number {
  return 2 ** Math.ceil(Math.log2(rows));
}

/** One job with the rows of all, and the last row again until the count is a power of two. */
function joined(jobs: readonly Job[], model: Job): Job {
  const [first = { ...model, rows: 0 }, ...others] = jobs;
  if (others.length === 0) return first;
  const rows = paddedCount(jobs.reduce((sum, job) => sum + job.rows, 0));
  const { inputs = [], outputs } = first;
  return {
    ...first,
    rows,
    signal: undefined,
    inputs: inputs.map((input, index) => joinedInput(input, jobs, index, rows)),
    outputs: outputs.map((output) => ({ ...output, rows: rowsLike(output.rows, rows * output.features) })),
  };
}

function joinedInput(input: RowInput, jobs: readonly Job[], index: number, rows: number): RowInput {
  const { features } = input;
  const given = jobs.map((job) => ({ count: job.rows, values: job.inputs?.[index]?.rows ?? input.rows }));
  const isDouble = given.some(({ values }) => values instanceof Float64Array);
  const all = new (isDouble ? Float64Array : Float32Array)(rows * features);
  let next = 0;
  for (const { count, values } of given) {
    // A single row is shared by all rows of its call.
    for (let row = 0; values.length < count * features && row < count; row++) {
      all.set(values, next + row * features);
    }
    if (values.length === count * features) all.set(values, next);
    next += count * features;
  }
  for (let i = next; i < all.length; i++) all[i] = all[i - features] ?? NaN;
  return { ...input, rows: all, shared: false };
}

/** Copies each job's results from those of all. */
function split(whole: Job, jobs: readonly Job[]): void {
  whole.outputs.forEach(({ rows: all, features }, index) => {
    let next = 0;
    for (const { rows: count, outputs } of jobs) {
      outputs[index]?.rows.set(all.subarray(next, next + count * features));
      next += count * features;
    }
  });
}
