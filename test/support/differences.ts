/** Derivatives of f64 functions by differences. */
import type { FlowSpec } from '../../src/spec/spec.ts';

/** Offsets and weights of f′(0) ≈ Σ weight · f(offset · h) / h, exact for polynomials of degree 4. */
export const STENCIL = [
  [-2, 1 / 12],
  [-1, -2 / 3],
  [1, 2 / 3],
  [2, -1 / 12],
] as const;

/** For smooth functions: truncation h⁴ and rounding 1e-16 / h both stay near 1e-12. */
export const STEP = 1e-3;

/** For functions with kinks, which must not lie within 2h of a row; rounding is then 1e-11. */
export const SHORT_STEP = 1e-5;

/** A step that suits the flow's smoothness: splines have only one continuous derivative at their knots. */
export function stepFor({ bijectors }: FlowSpec): number {
  const isSmooth = bijectors.every(
    (bijector) =>
      bijector.type !== 'rational_quadratic_coupling' &&
      bijector.type !== 'rational_quadratic_elementwise' &&
      (!('conditioner' in bijector) || !['relu', 'leaky_relu'].includes(bijector.conditioner.activation)),
  );
  return isSmooth ? STEP : SHORT_STEP;
}

/** f′(0); differences of equal values are exactly 0. */
export function derivative(f: (offset: number) => number, h: number): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

/** log|det| of a row-major square matrix, by Gaussian elimination with pivots. */
export function logAbsDeterminant(matrix: ArrayLike<number>): number {
  const n = Math.sqrt(matrix.length);
  const rows = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => matrix[i * n + j]!));
  let logDet = 0;
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best),
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    const head = rows[k]!;
    logDet += Math.log(Math.abs(head[k]!));
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / head[k]!;
      for (let j = k; j < n; j++) row[j]! -= factor * head[j]!;
    }
  }
  return logDet;
}
