/** Activation functions in f64, by their codes. */
import { ACTIVATIONS } from '../../model/activation.ts';
import type { Activation } from '../../model/activation.ts';

const NEGATIVE_SLOPE = 0.01;

const functions: Record<Activation, (a: number) => { value: number; derivative: number }> = {
  identity: (a) => ({ value: a, derivative: 1 }),
  relu: (a) => (a > 0 ? { value: a, derivative: 1 } : { value: 0, derivative: 0 }),
  leaky_relu: (a) =>
    a > 0 ? { value: a, derivative: 1 } : { value: NEGATIVE_SLOPE * a, derivative: NEGATIVE_SLOPE },
  tanh: (a) => ({ value: Math.tanh(a), derivative: 1 - Math.tanh(a) ** 2 }),
  silu: (a) => {
    const gate = 1 / (1 + Math.exp(-a));
    return { value: a * gate, derivative: gate * (1 + a * (1 - gate)) };
  },
};

export function activate(code: number, a: number): { value: number; derivative: number } {
  const activation = ACTIVATIONS[code];
  if (activation === undefined) throw new RangeError(`no activation has the number ${code}`);
  return functions[activation](a);
}

/** The derivative at the value `y` of an activation other than silu. */
export function derivativeAtValue(code: number, y: number): number {
  switch (ACTIVATIONS[code]) {
    case 'relu':
      return y > 0 ? 1 : 0;
    case 'leaky_relu':
      return y > 0 ? 1 : NEGATIVE_SLOPE;
    case 'tanh':
      return 1 - y * y;
    case 'identity':
      return 1;
    default:
      throw new RangeError(`the derivative of activation ${code} does not follow from its value`);
  }
}
