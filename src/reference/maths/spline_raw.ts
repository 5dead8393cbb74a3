/** The raw numbers of a spline: separate for each row, or one set for all rows. */
import type { ParamsOf } from '../../plan/kernel.ts';
import type { rationalQuadraticKernel } from '../../kernels/spline/rational_quadratic.ts';
import { at } from './at.ts';

type RawParams = Omit<ParamsOf<typeof rationalQuadraticKernel>, 'bound'>;

/** The raw numbers of element `index` of [transformed, rows]. */
export function rawNumbers(raw: Float64Array, bins: number, params: RawParams, index: number): number[] {
  const { n_rows, raw_start, raw_stride, row_stride } = params;
  const [feature, row] = [Math.floor(index / n_rows), index % n_rows];
  const count = 3 * bins - 1;
  return Array.from({ length: count }, (_, number) =>
    at(raw, raw_start + (feature * count + number) * raw_stride + row * row_stride),
  );
}
