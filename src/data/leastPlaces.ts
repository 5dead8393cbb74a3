/** The places of the `count` smallest values, the smallest first; of equal ones, such as −∞, the first. */
export function leastPlaces(values: ArrayLike<number>, count: number): Uint32Array {
  const places = Uint32Array.from({ length: values.length }, (_, place) => place);
  // Of two infinities, the difference is not a number.
  places.sort((a, b) => (values[a] ?? NaN) - (values[b] ?? NaN) || a - b);
  return places.slice(0, count);
}
