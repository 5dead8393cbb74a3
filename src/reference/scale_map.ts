/** Scale maps in f64, by the numbers of src/kernels/scale_map.ts: raw output a → log-scale s and ds/da. */
const TANH_BOUNDED = 1;

export function logScaleOf(code: number, a: number, bound: number): { value: number; slope: number } {
  if (code !== TANH_BOUNDED) return { value: a, slope: 1 };
  const y = Math.tanh(a / bound);
  return { value: bound * y, slope: 1 - y * y };
}
