/** Finds rows whose results are not finite, and fails the call if there are any. */
import { NonFiniteError } from '../errors.ts';
import type { PassJob } from './jobs.ts';
import type { RowJob } from '../gpu/rows.ts';
import { PASSES } from '../passes/index.ts';
import type { PassName, Unit } from '../passes/index.ts';

/** Indices of the rows, from 0, for which an output satisfies `holds`. */
export function rowsWhere(
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
