/** The shift map in f64, by the number of src/kernels/shift_map.ts: raw output u → shift t and dt/du. */
export function shiftOf(bounded: number, u: number, bound: number): { value: number; slope: number } {
  if (bounded === 0) return { value: u, slope: 1 };
  const y = Math.tanh(u / bound);
  return { value: bound * y, slope: 1 - y * y };
}
