/** The finite values, in ascending order. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(Array.from(values).filter((value) => Number.isFinite(value))).sort();
}

/** The quantile at `share`, from 0 to 1, of the sorted values; 0 if there are none. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}
