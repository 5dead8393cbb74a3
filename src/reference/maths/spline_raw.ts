/** The raw numbers and bins of splines in buffers. */
import type { SplineBin } from './rational_quadratic.ts';
import { at } from './at.ts';

/** The raw numbers of element `index` of [transformed, rows], in [transformed, 3 · bins − 1, rows]. */
export function rawNumbers(raw: Float64Array, bins: number, rows: number, index: number): number[] {
  const [feature, row] = [Math.floor(index / rows), index % rows];
  const count = 3 * bins - 1;
  return Array.from({ length: count }, (_, number) => at(raw, (feature * count + number) * rows + row));
}

/** The raw numbers of a feature, in [features, 3 · bins − 1] from `start` on. */
export function sharedNumbers(raw: Float64Array, bins: number, start: number, feature: number): number[] {
  const count = 3 * bins - 1;
  return Array.from({ length: count }, (_, number) => at(raw, start + feature * count + number));
}

/** The bins of a feature, in [features, bins, 8]. */
export function binsIn(table: Float64Array, bins: number, feature: number): SplineBin[] {
  return Array.from({ length: bins }, (_, k) => {
    const [x, width, z, height, left, right] = [0, 1, 2, 3, 4, 5].map((i) =>
      at(table, 8 * (feature * bins + k) + i),
    ) as [number, number, number, number, number, number];
    return { x, width, z, height, left, right };
  });
}

/** The numbers of a bin in a table. */
export function binNumbers({ x, width, z, height, left, right }: SplineBin): number[] {
  return [x, width, z, height, left, right, 0, 0];
}
