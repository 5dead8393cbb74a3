/** Several jobs of one pass as one job. */
import type { Rows } from '../calls/callerArrays.ts';
import type { RowInput } from '../gpu/rows.ts';
import type { PassName } from '../passes/index.ts';
import { powerOfTwo } from '../plan/shape.ts';
import type { PassJob } from './jobs.ts';

type Job = PassJob<PassName>;

/**
 * One job with the rows of all, and the last row again until the count is a power of two. `split` copies its results to
 * the jobs.
 */
export function joinedJobs(jobs: readonly [Job, ...Job[]]): { job: Job; split: () => void } {
  const [first] = jobs;
  // So few programs serve groups of every size.
  const rows = powerOfTwo(jobs.reduce((sum, job) => sum + job.rows, 0));
  const outputs = first.outputs.map((output) => ({
    ...output,
    rows: rowsLike(output.rows, rows * output.features),
  }));
  const inputs = first.inputs?.map((input, index) => joinedInput(input, jobs, index, rows));
  const split = (): void =>
    outputs.forEach(({ rows: all, features }, index) => {
      let next = 0;
      for (const job of jobs) {
        const length = job.rows * features;
        job.outputs[index]?.rows.set(all.subarray(next, next + length));
        next += length;
      }
    });
  return { job: { ...first, rows, signal: undefined, inputs, outputs }, split };
}

function joinedInput(input: RowInput, jobs: readonly Job[], index: number, rows: number): RowInput {
  const { features } = input;
  const given = jobs.map((job) => ({ count: job.rows, values: job.inputs?.[index]?.rows ?? input.rows }));
  const isDouble = given.some(({ values }) => values instanceof Float64Array);
  const all = new (isDouble ? Float64Array : Float32Array)(rows * features);
  let next = 0;
  for (const { count, values } of given) {
    // A single row is shared by all rows of its call.
    const copies = values.length === features ? count : 1;
    for (let copy = 0; copy < copies; copy++) all.set(values, next + copy * features);
    next += count * features;
  }
  for (let i = next; i < all.length; i++) all[i] = all[i - features] ?? NaN;
  return { ...input, rows: all, shared: false };
}

/** An array of zeros in the precision of `values`. */
export function rowsLike(values: Rows, length: number): Rows {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
