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
 * Each element is what rounding to half precision makes of a number within bound · (1 + |exact|) of `exact`: the
 * nearest of half precision, or a neighbour of it where `exact` lies that close to halfway between them.
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

/** What a tensor's error may be as a share of what the rows contribute to it: a few roundings of float32 each. */
const CONTRIBUTION_BOUND = 1e-5;

/**
 * As `expectNormClose`, unless the rows' contributions cancel in their mean. Whoever adds them up in float32 is off by
 * roundings of the contributions, not of what is left, which may be a thousandth of them where a tensor is one number;
 * so the error may also be 1e-5 of the mean of their absolute values.
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
