/** Gradients of monotone rational-quadratic splines in f64, for one feature of one row. */
import { at } from './at.ts';
import { derivativeGradient, softmax, splineAtX, wholeOf } from './rational_quadratic.ts';
import type { SplinePlace } from './rational_quadratic.ts';

/** Pulls the gradients of z = spline(x) and of log dz/dx back to x and to the raw numbers. */
export function splineGradient(
  raw: readonly number[],
  { bins, bound }: { bins: number; bound: number },
  x: number,
  { dZ, dLogDet }: { dZ: number; dLogDet: number },
): { dX: number; dRaw: number[] } {
  if (Math.abs(x) > bound) return { dX: dZ, dRaw: raw.map(() => 0) };
  const found = splineAtX(raw, bins, bound, x);
  const { dXi, dMean, dLeft, dRight, dHeight } = localGradients(found, dZ, dLogDet);
  const { k, xi, width, mean } = found;
  const dX = dXi / width;
  const whole = wholeOf(bins, bound);
  const dRaw = [
    ...shareGradients(raw.slice(0, bins), k, -dX, -(dXi * xi + dMean * mean) / width, whole),
    ...shareGradients(raw.slice(bins, 2 * bins), k, dZ, dHeight + dMean / width, whole),
    ...raw.slice(2 * bins).map((value, i) => {
      const knot = i + 1;
      return ((knot === k ? dLeft : 0) + (knot === k + 1 ? dRight : 0)) * derivativeGradient(value);
    }),
  ];
  return { dX, dRaw };
}

/** Derivatives by ξ, the mean slope, the knots' derivatives, and the bin's height at constant mean slope. */
function localGradients(
  { xi, height, mean, left, right, numerator, denominator, derivativeFactor }: SplinePlace,
  dZ: number,
  dLogDet: number,
): { dXi: number; dMean: number; dLeft: number; dRight: number; dHeight: number } {
  const q = xi * (1 - xi);
  const ratio = numerator / denominator;
  const bend = left + right - 2 * mean;
  const dNumerator = (dZ * height) / denominator;
  const dDenominator = -(dZ * height * ratio + 2 * dLogDet) / denominator;
  const dDerivativeFactor = dLogDet / derivativeFactor;
  return {
    dXi:
      dNumerator * (2 * mean * xi + left * (1 - 2 * xi)) +
      dDenominator * bend * (1 - 2 * xi) +
      dDerivativeFactor * (2 * right * xi + 2 * mean * (1 - 2 * xi) - 2 * left * (1 - xi)),
    dMean:
      dNumerator * xi ** 2 + dDenominator * (1 - 2 * q) + dDerivativeFactor * 2 * q + (2 * dLogDet) / mean,
    dLeft: dNumerator * q + dDenominator * q + dDerivativeFactor * (1 - xi) ** 2,
    dRight: dDenominator * q + dDerivativeFactor * xi ** 2,
    dHeight: dZ * ratio,
  };
}

/** Maps the gradients of the start and size of interval k to the gradients of all raw numbers. */
function shareGradients(
  raw: readonly number[],
  k: number,
  dStart: number,
  dSize: number,
  whole: number,
): number[] {
  const shares = softmax(raw);
  const dShares = shares.map((_, i) => (i < k ? dStart : i === k ? dSize : 0));
  const mean = shares.reduce((sum, share, i) => sum + share * at(dShares, i), 0);
  return shares.map((share, i) => whole * share * (at(dShares, i) - mean));
}
