/**
 * Chooses an index with probability proportional to its weight, from a uniform number in (0, 1).
 * @returns undefined if all weights are 0
 */
export function picker(weights: ArrayLike<number>): ((uniform: number) => number) | undefined {
  const cumulated = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    total += weights[i] ?? 0;
    cumulated[i] = total;
  }
  if (!(total > 0)) return undefined;
  return (uniform) => {
    let [low, high] = [0, cumulated.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? total) < uniform * total) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
