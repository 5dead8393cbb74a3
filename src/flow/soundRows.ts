/** Finds rows whose results are not finite, and fails the call if there are any. */
import type { Rows } from '../calls/callerArrays.ts';
import { NonFiniteError } from '../errors.ts';
import type { PassJob } from './jobs.ts';
import type { RowInput, RowJob } from '../gpu/rows.ts';
import { PASSES } from '../passes/index.ts';
import type { PassName, Unit } from '../passes/index.ts';

/** Indices of the rows, from 0, for which an output satisfies `holds`. */
function rowsWhere(
  { rows, outputs }: Pick<RowJob, 'rows' | 'outputs'>,
  holds: (value: number, unit: Unit | undefined) => boolean,
): number[] {
  const found = new Set<number>();
  for (const { rows: values, features, unit } of outputs) {
    for (let i = 0; i < values.length && found.size < rows; i++) {
      if (holds(values[i] ?? NaN, unit)) found.add(Math.floor(i / features));
    }
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * A log-density of −∞ is allowed: the row is outside a uniform base, or so far out that float32 overflows.
 * @throws {NonFiniteError} with the result, when some of its rows are not finite
 */
export function requireSound<K extends PassName>(job: PassJob<K>): void {
  const unsound = rowsWhere(
    job,
    (value, unit) => !Number.isFinite(value) && !(unit === 'logDensity' && value === -Infinity),
  );
  if (unsound.length === 0) return;
  const rows = unsound.map((row) => row + 1);
  // A call with a single result returns it directly.
  const [only, ...others] = Object.values(job.result);
  throw new NonFiniteError(PASSES[job.pass].what, rows, job.rows, others.length === 0 ? only : job.result);
}

/** @throws {NonFiniteError} when an element of a tensor's gradient, a sum over all rows, is not finite */
export function requireFiniteGradient(name: string, gradient: Float32Array, count: number): void {
  if (gradient.every(Number.isFinite)) return;
  const rows = Array.from({ length: count }, (_, row) => row + 1);
  throw new NonFiniteError(`gradient of ${name} together`, rows, count, gradient);
}

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

/** An array of zeros in the precision of `values`. */
export function rowsLike(values: Rows, length: number): Rows {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
