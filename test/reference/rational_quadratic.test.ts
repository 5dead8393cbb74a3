import { describe, expect, it } from 'vitest';
import { binsOf, splineAtX, splineAtZ } from '../../src/reference/maths/rational_quadratic.ts';
import { expectClose } from '../support/compare.ts';
import { derivative } from '../support/differences.ts';

const [BINS, BOUND] = [4, 3];
const RAW = [0.5, -1, 0.3, 2, -0.7, 1.1, 0.2, -0.4, 1.5, -2, 0.8];
const SPLINE = binsOf(RAW, BINS, BOUND);
/** No point lies within a step of a knot. */
const PLACES = [-2.9, -2.2, -1.3, -0.4, 0.1, 1.6, 2.3, 2.95];
/** Stays within one bin, so that the differences see no knot. */
const SHORT_STEP = 1e-4;

describe('the f64 twin of a rational-quadratic spline', () => {
  it('has the slope of its differences', () => {
    for (const x of PLACES) {
      const slope = derivative((step) => splineAtX(SPLINE, x + step).z, SHORT_STEP);
      expect(splineAtX(SPLINE, x).logDerivative).toBeCloseTo(Math.log(slope), 7);
    }
  });

  it('is undone by its inverse', () => {
    for (const x of PLACES) {
      const { z, logDerivative } = splineAtX(SPLINE, x);
      const back = splineAtZ(SPLINE, z);
      expectClose('x and log-slope', [back.x, back.logDerivative], [x, logDerivative], 1e-12);
    }
  });

  it('passes through its ends with the slope 1', () => {
    for (const end of [-BOUND, BOUND]) {
      const { z, logDerivative } = splineAtX(SPLINE, end);
      expectClose('end', [z, logDerivative], [end, 0], 1e-14);
    }
  });

  it('is continuous with its slope at every knot', () => {
    const binOf = (x: number): number => splineAtX(SPLINE, x).k;
    for (let knot = 1; knot < BINS; knot++) {
      // The last x before the knot and the first one after it.
      let [before, after] = [-BOUND, BOUND];
      for (let i = 0; i < 60; i++) {
        const middle = (before + after) / 2;
        if (binOf(middle) < knot) before = middle;
        else after = middle;
      }
      const [left, right] = [before, after].map((x) => splineAtX(SPLINE, x));
      expect([left!.k, right!.k]).toEqual([knot - 1, knot]);
      expectClose('z and log-slope', [right!.z, right!.logDerivative], [left!.z, left!.logDerivative], 1e-12);
    }
  });

  it('is the identity where the raw numbers are zero', () => {
    const flat = binsOf(
      RAW.map(() => 0),
      BINS,
      BOUND,
    );
    for (const x of PLACES) {
      const { z, logDerivative } = splineAtX(flat, x);
      expectClose('identity', [z, logDerivative], [x, 0], 1e-14);
    }
  });

  it('keeps its least widths, heights and slopes', () => {
    const raw = [1e4, -1e4, 0, 0, -1e4, 1e4, 0, 0, -1e4, 1e4, -1e4];
    const extreme = binsOf(raw, BINS, BOUND);
    for (const x of PLACES) {
      const { width, height, left, right, logDerivative } = splineAtX(extreme, x);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(0.999 * 2 * BOUND * 1e-3);
      expect(Math.min(left, right)).toBeGreaterThanOrEqual(1e-3);
      expect(Number.isFinite(logDerivative)).toBe(true);
    }
  });
});
