/** Where the raw numbers of a spline lie, [transformed, 3 · bins − 1, rows]. */
import { at } from './at.ts';

/** Of element `index` of [transformed, rows], its number `number`. */
export function rawPlace(bins: number, rows: number, index: number, number: number): number {
  return (Math.floor(index / rows) * (3 * bins - 1) + number) * rows + (index % rows);
}

export function rawNumbers(output: Float64Array, bins: number, rows: number, index: number): number[] {
  return Array.from({ length: 3 * bins - 1 }, (_, number) => at(output, rawPlace(bins, rows, index, number)));
}
