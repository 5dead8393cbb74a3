/** Scale maps in f64, by the numbers of src/model/scaleMap.ts: raw output a → log-scale s and ds/da. */
const TANH_BOUNDED = 1;
const SIGMOID = 2;

export function logScaleOf(code: number, a: number, bound: number): { value: number; derivative: number } {
  if (code === TANH_BOUNDED) {
    const y = Math.tanh(a / bound);
    return { value: bound * y, derivative: 1 - y * y };
  }
  if (code === SIGMOID) {
    const v = a + 2;
    if (bound > 0) {
      const gate = 1 / (1 + Math.exp(-v));
      return { value: Math.log(gate + bound), derivative: (gate * (1 - gate)) / (gate + bound) };
    }
    return { value: Math.min(v, 0) - Math.log1p(Math.exp(-Math.abs(v))), derivative: 1 / (1 + Math.exp(v)) };
  }
  return { value: a, derivative: 1 };
}
