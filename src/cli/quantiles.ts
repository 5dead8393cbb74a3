/** The finite values, in ascending order. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(Array.from(values).filter((value) => Number.isFinite(value))).sort();
}

/** The quantile at `share`, from 0 to 1, of the sorted values; 0 if there are none. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

/** The range of the bulk of sorted values, so that a chart of it is not squeezed by a few far out. */
export function bulkOf(sorted: Float64Array): [low: number, high: number] {
  const [min = 0, max = 0] = [sorted[0], sorted.at(-1)];
  const [low, high] = [quantile(sorted, 0.005), quantile(sorted, 0.995)];
  const reach = 0.25 * (high - low);
  return [Math.max(min, low - reach), Math.min(max, high + reach)];
}
