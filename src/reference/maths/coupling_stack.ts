/** The nets of a stack of couplings in f64, for one row. */
import { roundUp } from '../../plan/shape.ts';
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
  HIDDEN_2: number;
}

export interface StackFlags {
  HAS_HIDDEN_1: boolean;
  HAS_HIDDEN_2: boolean;
}

export interface StackParams {
  flips: number;
  net_start: number;
  coupling_stride: number;
  net_stride: number;
}

/** The features of the state that a coupling conditions on and those that it transforms, in order. */
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
  jacobian: number[][];
  /** Every hidden layer but the first, before its activation, net by net. */
  hiddens: number[][];
}

/** [a | t] of one coupling and its Jacobian with respect to the condition `x`. */
export function stackOutput(
  sizes: StackSizes,
  params: StackParams,
  { HAS_HIDDEN_1, HAS_HIDDEN_2 }: StackFlags,
  activation: number,
  parameters: Float64Array,
  coupling: number,
  x: readonly number[],
): StackOutput {
  const { HIDDEN_0, HIDDEN_1, HIDDEN_2 } = sizes;
  const upper = [...(HAS_HIDDEN_1 ? [HIDDEN_1] : []), ...(HAS_HIDDEN_2 ? [HIDDEN_2] : [])];
  const widths = [sizes.N_CONDITION, HIDDEN_0, ...upper, sizes.N_OUT];
  const nets = Array.from({ length: sizes.N_NETS }, (_, net) => {
    let offset = params.net_start + coupling * params.coupling_stride + net * params.net_stride;
    let values = [...x];
    const hiddens: number[][] = [];
    let jacobian: number[][] = x.map((_value, i) => x.map((_other, j) => (i === j ? 1 : 0)));
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
        const { value, derivative } = activate(code, a);
        return { a, value, jacobian: x.map((_, i) => derivative * dot((k) => jacobian[k]?.[i] ?? NaN)) };
      });
      if (layer > 1 && layer < widths.length - 1) hiddens.push(units.map(({ a }) => a));
      values = units.map(({ value }) => value);
      jacobian = units.map((unit) => unit.jacobian);
      offset = bias + roundUp(outputs, 4);
    }
    return { values, jacobian, hiddens };
  });
  return {
    value: nets.flatMap(({ values }) => values),
    jacobian: nets.flatMap(({ jacobian }) => jacobian),
    hiddens: upper.map((_width, layer) => nets.flatMap(({ hiddens }) => hiddens[layer] ?? [])),
  };
}

/** The tensor offsets of the last hidden layer and the outputs of the `net`-th net with three layers. */
export function upperLayers(
  { N_CONDITION, N_OUT, N_NETS, HIDDEN_0, HIDDEN_1, HIDDEN_2 }: Omit<StackSizes, 'N_DIM' | 'N_TRANSFORM'>,
  params: Omit<StackParams, 'flips'>,
  net: number,
): { weight2: number; bias2: number; weightOut: number; biasOut: number } {
  const start =
    params.net_start + Math.floor(net / N_NETS) * params.coupling_stride + (net % N_NETS) * params.net_stride;
  const layerEnd = (from: number, inputs: number, outputs: number): number =>
    from + roundUp(inputs * outputs, 4) + roundUp(outputs, 4);
  const weight2 = layerEnd(layerEnd(start, N_CONDITION, HIDDEN_0), HIDDEN_0, HIDDEN_1);
  const weightOut = layerEnd(weight2, HIDDEN_1, HIDDEN_2);
  return {
    weight2,
    bias2: weight2 + roundUp(HIDDEN_1 * HIDDEN_2, 4),
    weightOut,
    biasOut: weightOut + roundUp(HIDDEN_2 * N_OUT, 4),
  };
}

/** Stores the hidden layers of a coupling's nets for row `r` like the kernels; `couplings` is the total count. */
export function keepHidden(
  kept: Float64Array,
  { hiddens }: StackOutput,
  coupling: number,
  couplings: number,
  rows: number,
  r: number,
): void {
  let first = 0;
  for (const layer of hiddens) {
    layer.forEach((a, unit) => {
      kept[(first + coupling * layer.length + unit) * rows + r] = a;
    });
    first += couplings * layer.length;
  }
}
