/** Comparisons that name the tensor, the index and the first few pairs. */
import { expect } from 'vitest';
import { distanceToHalf, roundToHalf } from '../../src/plan/precision.ts';

/** |actual − expected| ≤ bound · (1 + |expected|) for every element. */
export function expectClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
): void {
  expect(actual.length, `${name}: length`).toBe(expected.length);
  const wrong: string[] = [];
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const found = actual[i]!;
    const wanted = expected[i]!;
    const error = Math.abs(found - wanted) / (1 + Math.abs(wanted));
    if (error > worst) worst = error;
    // NaN must fail, so the comparison is negated.
    if (!(error <= bound)) wrong.push(`[${i}] ${found} for ${wanted}`);
  }
  if (wrong.length > 0) {
    expect.fail(
      `${name}: ${wrong.length} of ${expected.length} beyond ${bound} (worst ${worst.toExponential(2)}): ${wrong.slice(0, 5).join(', ')}`,
    );
  }
}

/**
 * Checks that each element is the half-precision rounding of a number within bound · (1 + |exact|) of
 * `exact`: the nearest half, or a neighbour of it if `exact` lies that close to halfway between them.
 */
export function expectHalves(
  name: string,
  actual: ArrayLike<number>,
  exact: ArrayLike<number>,
  bound: number,
): void {
  expect(actual.length, `${name}: length`).toBe(exact.length);
  const wrong: string[] = [];
  for (let i = 0; i < exact.length; i++) {
    const found = actual[i]!;
    const wanted = exact[i]!;
    if (!(distanceToHalf(found, wanted) <= bound * (1 + Math.abs(wanted))))
      wrong.push(`[${i}] ${found} for ${wanted}, rounded ${roundToHalf(wanted)}`);
  }
  if (wrong.length > 0) {
    expect.fail(
      `${name}: ${wrong.length} of ${exact.length} are not rounded right: ${wrong.slice(0, 5).join(', ')}`,
    );
  }
}

/** ‖actual − expected‖ ≤ bound · ‖expected‖ over one tensor. */
export function expectNormClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
): void {
  expect(actual.length, `${name}: length`).toBe(expected.length);
  const error = normError(actual, expected);
  if (!(error <= bound)) {
    const pairs = Array.from(
      { length: Math.min(5, expected.length) },
      (_, i) => `${actual[i]} for ${expected[i]}`,
    );
    expect.fail(`${name}: relative error ${error.toExponential(2)} beyond ${bound}: ${pairs.join(', ')}`);
  }
}

/** Allowed error of a tensor as a share of the rows' contributions: a few float32 roundings each. */
const CONTRIBUTION_BOUND = 1e-5;

/**
 * Like `expectNormClose`, with a second bound if the rows' contributions cancel in their mean. A float32 sum
 * is off by roundings of the contributions, which may be a thousand times the remaining mean if a tensor is
 * one number. So the error may also be 1e-5 of the mean of their absolute values.
 * @param contributions the tensor's gradient for each row alone
 */
export function expectGradientClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  contributions: () => readonly ArrayLike<number>[],
): void {
  if (normError(actual, expected) <= bound) return;
  const rows = contributions();
  const sizes = Array.from(
    expected,
    (_, i) => rows.reduce((sum, row) => sum + Math.abs(row[i]!), 0) / rows.length,
  );
  const allowed = (CONTRIBUTION_BOUND * Math.hypot(...sizes)) / Math.hypot(...Array.from(expected));
  expectNormClose(
    `${name}, of which its rows contribute ${sizes.slice(0, 5).join(', ')}`,
    actual,
    expected,
    allowed,
  );
}

/** ‖actual − expected‖ / ‖expected‖. */
export function normError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
}
