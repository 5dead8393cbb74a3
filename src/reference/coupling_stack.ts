/** The nets of a stack of couplings in f64, for one row. */
import { roundUp } from '../shape.ts';
import { activate } from './activation.ts';
import { at } from './at.ts';

export interface StackSizes {
  N_DIM: number;
  N_CONDITION: number;
  N_TRANSFORM: number;
  N_OUT: number;
  N_NETS: number;
  HIDDEN_0: number;
  HIDDEN_1: number;
}

export interface StackParams {
  flips: number;
  net_start: number;
  coupling_stride: number;
  net_stride: number;
}

/** Which features of the state a coupling conditions on and which it transforms, in order. */
export function blocksOf(
  sizes: StackSizes,
  flips: number,
  coupling: number,
): { condition: number[]; transform: number[] } {
  const features = Array.from({ length: sizes.N_DIM }, (_, feature) => feature);
  const flipped = Math.floor(flips / 2 ** coupling) % 2 === 1;
  return flipped
    ? { condition: features.slice(sizes.N_TRANSFORM), transform: features.slice(0, sizes.N_TRANSFORM) }
    : { condition: features.slice(0, sizes.N_CONDITION), transform: features.slice(sizes.N_CONDITION) };
}

export interface StackOutput {
  /** [a | t]. */
  value: number[];
  /** ∂value[c] / ∂x[i], [2 N_TRANSFORM][N_CONDITION]. */
  slope: number[][];
  /** The last hidden layer before its activation, net after net. */
  hidden: number[];
}

/** [a | t] of one coupling and its Jacobian by the condition `x`. */
export function stackOutput(
  sizes: StackSizes,
  params: StackParams,
  deep: boolean,
  activation: number,
  parameters: Float64Array,
  coupling: number,
  x: readonly number[],
): StackOutput {
  const widths = [sizes.N_CONDITION, sizes.HIDDEN_0, ...(deep ? [sizes.HIDDEN_1] : []), sizes.N_OUT];
  const nets = Array.from({ length: sizes.N_NETS }, (_, net) => {
    let offset = params.net_start + coupling * params.coupling_stride + net * params.net_stride;
    let values = [...x];
    let hidden: number[] = [];
    let slopes: number[][] = x.map((_value, i) => x.map((_other, j) => (i === j ? 1 : 0)));
    for (let layer = 1; layer < widths.length; layer++) {
      const [inputs = 0, outputs = 0] = [widths[layer - 1], widths[layer]];
      const start = offset;
      const bias = start + roundUp(outputs * inputs, 4);
      const code = layer === widths.length - 1 ? 0 : activation;
      const units = Array.from({ length: outputs }, (_, o) => {
        const weights = Array.from(parameters.subarray(start + o * inputs, start + (o + 1) * inputs));
        const dot = (column: (k: number) => number): number =>
          weights.reduce((sum, weight, k) => sum + weight * column(k), 0);
        const a = at(parameters, bias + o) + dot((k) => values[k] ?? NaN);
        const { value, slope } = activate(code, a);
        return { a, value, slopes: x.map((_, i) => slope * dot((k) => slopes[k]?.[i] ?? NaN)) };
      });
      if (layer === widths.length - 2) hidden = units.map(({ a }) => a);
      values = units.map(({ value }) => value);
      slopes = units.map((unit) => unit.slopes);
      offset = bias + roundUp(outputs, 4);
    }
    return { values, slopes, hidden };
  });
  return {
    value: nets.flatMap(({ values }) => values),
    slope: nets.flatMap(({ slopes }) => slopes),
    hidden: nets.flatMap(({ hidden }) => hidden),
  };
}

/** Puts the last hidden layers of a coupling's nets for row `r` where the kernels keep them. */
export function keepHidden(
  hiddens: Float64Array,
  { hidden }: StackOutput,
  coupling: number,
  rows: number,
  r: number,
): void {
  hidden.forEach((a, unit) => {
    hiddens[(coupling * hidden.length + unit) * rows + r] = a;
  });
}
