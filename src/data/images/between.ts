/**
 * `stops` rows from each even row of `rows` [n, width] to the odd one after it, both ends included: [n / 2 · stops, width].
 * @param sizeOf what the sum of the two rows is divided by, from their shares. Between two draws of a normal there is less
 * spread than in them; `Math.hypot` gives it back.
 */
export function rowsBetween(
  rows: Float32Array,
  width: number,
  stops: number,
  sizeOf: (from: number, to: number) => number = (from, to) => from + to,
): Float32Array {
  return Float32Array.from({ length: (rows.length / 2) * stops }, (_, place) => {
    const stop = Math.floor(place / width);
    const start = 2 * Math.floor(stop / stops) * width + (place % width);
    const to = (stop % stops) / (stops - 1);
    return ((1 - to) * (rows[start] ?? NaN) + to * (rows[start + width] ?? NaN)) / sizeOf(1 - to, to);
  });
}
