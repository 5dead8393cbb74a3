/** Activation functions in f64, by the numbers of src/model/activation.ts. */
import { ACTIVATIONS } from '../../model/activation.ts';
import type { Activation } from '../../model/activation.ts';

const NEGATIVE_SLOPE = 0.01;

const functions: Record<Activation, (a: number) => { value: number; slope: number }> = {
  identity: (a) => ({ value: a, slope: 1 }),
  relu: (a) => (a > 0 ? { value: a, slope: 1 } : { value: 0, slope: 0 }),
  leaky_relu: (a) => (a > 0 ? { value: a, slope: 1 } : { value: NEGATIVE_SLOPE * a, slope: NEGATIVE_SLOPE }),
  tanh: (a) => ({ value: Math.tanh(a), slope: 1 - Math.tanh(a) ** 2 }),
  silu: (a) => {
    const gate = 1 / (1 + Math.exp(-a));
    return { value: a * gate, slope: gate * (1 + a * (1 - gate)) };
  },
};

export function activate(code: number, a: number): { value: number; slope: number } {
  const activation = ACTIVATIONS[code];
  if (activation === undefined) throw new RangeError(`no activation has the number ${code}`);
  return functions[activation](a);
}
