/** Gradients of monotone rational-quadratic splines in f64, for one feature of one row. */
import { at } from './at.ts';
import { binsOf, derivativeGradient, softmax, splineAtX, wholeOf } from './rational_quadratic.ts';
import type { SplineBin, SplinePlace } from './rational_quadratic.ts';

/** The numbers of a spline on [−bound, bound]. */
interface SplineShape {
  bins: number;
  bound: number;
}

interface ImageGradients {
  dZ: number;
  dLogDet: number;
}

/** Pulls the gradients of z = spline(x) and of log dz/dx back to x and to the raw numbers. */
export function splineGradient(
  raw: readonly number[],
  { bins: count, bound }: SplineShape,
  x: number,
  gradients: ImageGradients,
): { dX: number; dRaw: number[] } {
  const { dX, k, dBin } = binGradient(binsOf(raw, count, bound), bound, x, gradients);
  const none = { x: 0, width: 0, z: 0, height: 0, left: 0, right: 0 };
  const dBins = Array.from({ length: count }, (_, i) => (i === k ? dBin : none));
  return { dX, dRaw: rawGradients(raw, { bins: count, bound }, dBins) };
}

/** Pulls the gradients back to x and to the bin of x; zero, for the first bin, if x is outside. */
export function binGradient(
  bins: readonly SplineBin[],
  bound: number,
  x: number,
  { dZ, dLogDet }: ImageGradients,
): { dX: number; k: number; dBin: SplineBin } {
  if (Math.abs(x) > bound) {
    return { dX: dZ, k: 0, dBin: { x: 0, width: 0, z: 0, height: 0, left: 0, right: 0 } };
  }
  const found = splineAtX(bins, x);
  const { dXi, dMean, dLeft, dRight, dHeight } = localGradients(found, dZ, dLogDet);
  const { k, xi, width, mean } = found;
  const dX = dXi / width;
  const dBin = {
    x: -dX,
    width: -(dXi * xi + dMean * mean) / width,
    z: dZ,
    height: dHeight + dMean / width,
    left: dLeft,
    right: dRight,
  };
  return { dX, k, dBin };
}

/** Pulls the gradients of all bins back to the raw numbers. */
export function rawGradients(
  raw: readonly number[],
  { bins, bound }: SplineShape,
  dBins: readonly SplineBin[],
): number[] {
  const whole = wholeOf(bins, bound);
  const widths = dBins.map(({ x, width }) => ({ dStart: x, dSize: width }));
  const heights = dBins.map(({ z, height }) => ({ dStart: z, dSize: height }));
  return [
    ...shareGradients(raw.slice(0, bins), widths, whole),
    ...shareGradients(raw.slice(bins, 2 * bins), heights, whole),
    ...raw.slice(2 * bins).map((value, i) => {
      const dDerivative = (dBins[i]?.right ?? 0) + (dBins[i + 1]?.left ?? 0);
      return dDerivative * derivativeGradient(value);
    }),
  ];
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

/** Maps the gradients of the starts and sizes of intervals to the gradients of their raw numbers. */
function shareGradients(
  raw: readonly number[],
  intervals: readonly { dStart: number; dSize: number }[],
  whole: number,
): number[] {
  const shares = softmax(raw);
  // A size moves the starts of all intervals after its own.
  const dShares = intervals.map(
    ({ dSize }, i) => dSize + intervals.slice(i + 1).reduce((sum, { dStart }) => sum + dStart, 0),
  );
  const mean = shares.reduce((sum, share, i) => sum + share * at(dShares, i), 0);
  return shares.map((share, i) => whole * share * (at(dShares, i) - mean));
}
