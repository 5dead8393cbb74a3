import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticBackwardKernel } from '../../kernels/spline/rational_quadratic_backward.ts';
import { at } from '../maths/at.ts';
import { derivativeGradient, softmax, splineAtX, wholeOf } from '../maths/rational_quadratic.ts';
import type { SplinePlace } from '../maths/rational_quadratic.ts';
import { rawNumbers } from '../maths/spline_raw.ts';

export const rationalQuadraticBackward: Twin<typeof rationalQuadraticBackwardKernel> = ({
  params,
  sizes,
  buffers,
}) => {
  const { kept_x, state, d_state, d_raw } = buffers;
  const { n_rows, n_valid_rows, n_transformed, transform_start, bound, d_log_det } = params;
  const bins = sizes.BINS;
  for (let index = 0; index < n_rows * n_transformed; index++) {
    const raw = rawNumbers(buffers.raw, bins, params, index);
    const [feature, row] = [Math.floor(index / n_rows), index % n_rows];
    const store = (values: readonly number[]): void =>
      values.forEach((value, number) => {
        d_raw[(feature * raw.length + number) * n_rows + row] = value;
      });
    const place = transform_start * n_rows + index;
    const x = at(kept_x, index);
    state[place] = x;
    if (Math.abs(x) > bound) {
      store(raw.map(() => 0));
      continue;
    }
    const dLogDet = row < n_valid_rows ? d_log_det : 0;
    const found = splineAtX(raw, bins, bound, x);
    const dZ = at(d_state, place);
    const { dXi, dMean, dLeft, dRight, dHeight } = localGradients(found, dZ, dLogDet);
    const { k, xi, width, mean } = found;
    const dX = dXi / width;
    d_state[place] = dX;
    const whole = wholeOf(bins, bound);
    store([
      ...shareGradients(raw.slice(0, bins), k, -dX, -(dXi * xi + dMean * mean) / width, whole),
      ...shareGradients(raw.slice(bins, 2 * bins), k, dZ, dHeight + dMean / width, whole),
      ...raw.slice(2 * bins).map((value, i) => {
        const knot = i + 1;
        return ((knot === k ? dLeft : 0) + (knot === k + 1 ? dRight : 0)) * derivativeGradient(value);
      }),
    ]);
  }
};

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
