/** Repeats the rows of a job that are not finite at half precision. */
import type { RowInput } from '../gpu/rows.ts';
import type { PassName } from '../passes/index.ts';
import { rowsLike } from './joinedJobs.ts';
import type { PassJob } from './jobs.ts';
import { rowsWhere } from './soundRows.ts';

/**
 * A job that repeats the rows that are not finite, including log-densities of −∞, and a function that copies
 * its results back. Undefined if all rows are finite, or if the GPU makes the rows.
 */
export function againWhereUnsound<K extends PassName>(
  job: PassJob<K>,
): { job: PassJob<K>; takeOver: () => void } | undefined {
  const { inputs = [], outputs } = job;
  const rows = rowsWhere(job, (value) => !Number.isFinite(value));
  if (rows.length === 0 || inputs.every(({ shared = false }) => shared)) return undefined;
  const again = outputs.map((output) => ({
    ...output,
    rows: rowsLike(output.rows, rows.length * output.features),
  }));
  return {
    job: { ...job, rows: rows.length, inputs: inputs.map((input) => partOf(input, rows)), outputs: again },
    takeOver: () => {
      outputs.forEach(({ rows: values, features }, index) => {
        rows.forEach((row, place) => {
          const own = again[index]?.rows.subarray(place * features, (place + 1) * features) ?? [];
          values.set(own, row * features);
        });
      });
    },
  };
}

function partOf(input: RowInput, rows: readonly number[]): RowInput {
  const { features, rows: values, shared = false } = input;
  if (shared) return input;
  const part = rowsLike(values, rows.length * features);
  rows.forEach((row, place) => {
    part.set(values.subarray(row * features, (row + 1) * features), place * features);
  });
  return { ...input, rows: part };
}
