/** Scale maps in f64, by their codes: raw output a → log-scale s and ds/da. */
import { SCALE_MAPS } from '../../model/scaleMap.ts';

export function logScaleOf(code: number, a: number, bound: number): { value: number; derivative: number } {
  const map = SCALE_MAPS[code];
  if (map === 'tanh') {
    const y = Math.tanh(a / bound);
    return { value: bound * y, derivative: 1 - y * y };
  }
  if (map === 'sigmoid') {
    const v = a + 2;
    if (bound > 0) {
      const gate = 1 / (1 + Math.exp(-v));
      return { value: Math.log(gate + bound), derivative: (gate * (1 - gate)) / (gate + bound) };
    }
    return { value: Math.min(v, 0) - Math.log1p(Math.exp(-Math.abs(v))), derivative: 1 / (1 + Math.exp(v)) };
  }
  if (map === 'softclip') {
    const share = 1 / (1 + Math.abs(a) / bound);
    return { value: a * share, derivative: share * share };
  }
  return { value: a, derivative: 1 };
}
