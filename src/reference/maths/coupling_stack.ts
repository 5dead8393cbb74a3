/** The nets of a stack of couplings in f64, for one row. */
import { roundUp } from '../../plan/shape.ts';
import { activate } from './activation.ts';
import { at } from './at.ts';

export interface StackSizes {
  N_DIM: number;
  N_CONDITION: number;
  N_CONTEXT: number;
  N_INPUT: number;
  N_TRANSFORM: number;
  N_OUT: number;
  N_NETS: number;
  N_COUPLING_OUT: number;
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
  /** [a | t], or t. */
  value: number[];
  /** ∂value[c] / ∂x[i], [N_COUPLING_OUT][N_INPUT]. */
  jacobian: number[][];
  /** Every hidden layer but the first, before its activation, net by net. */
  hiddens: number[][];
}

/** The outputs of the nets of one coupling, and their Jacobian with respect to their inputs `x`. */
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
  const widths = [sizes.N_INPUT, HIDDEN_0, ...upper, sizes.N_OUT];
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

/** The two upper of several hidden layers: their widths, and tensor offsets. */
export function upperLayers(
  sizes: Pick<StackSizes, 'N_INPUT' | 'N_OUT' | 'N_NETS' | 'HIDDEN_0' | 'HIDDEN_1' | 'HIDDEN_2'>,
  { HAS_HIDDEN_2 }: Pick<StackFlags, 'HAS_HIDDEN_2'>,
  params: Omit<StackParams, 'flips'>,
  net: number,
): Record<'start' | 'middle' | 'last' | 'weightLast' | 'biasLast' | 'weightOut' | 'biasOut', number> {
  const { N_INPUT, N_OUT, N_NETS, HIDDEN_0, HIDDEN_1, HIDDEN_2 } = sizes;
  const start =
    params.net_start + Math.floor(net / N_NETS) * params.coupling_stride + (net % N_NETS) * params.net_stride;
  const layerEnd = (from: number, inputs: number, outputs: number): number =>
    from + roundUp(inputs * outputs, 4) + roundUp(outputs, 4);
  const afterFirst = layerEnd(start, N_INPUT, HIDDEN_0);
  const [middle, last] = HAS_HIDDEN_2 ? [HIDDEN_1, HIDDEN_2] : [HIDDEN_0, HIDDEN_1];
  const weightLast = HAS_HIDDEN_2 ? layerEnd(afterFirst, HIDDEN_0, HIDDEN_1) : afterFirst;
  const weightOut = layerEnd(weightLast, middle, last);
  return {
    start,
    middle,
    last,
    weightLast,
    biasLast: weightLast + roundUp(middle * last, 4),
    weightOut,
    biasOut: weightOut + roundUp(last * N_OUT, 4),
  };
}

/** The inputs of the nets: the conditioning block of the row in `x`, and its context. */
export function netInputsOf(
  { N_CONTEXT }: Pick<StackSizes, 'N_CONTEXT'>,
  condition: readonly number[],
  x: readonly number[],
  context: { values: Float64Array; rows: number; r: number },
): number[] {
  const { values, rows, r } = context;
  return [
    ...condition.map((f) => x[f] ?? NaN),
    ...Array.from({ length: N_CONTEXT }, (_, i) => at(values, i * rows + r)),
  ];
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
