/** Nets with one input and two piecewise linear hidden layers, computed by pieces of the input, in f64. */
import { roundUp } from '../../plan/shape.ts';
import { activate } from './activation.ts';
import { at } from './at.ts';
import type { StackOutput, StackParams, StackSizes } from './coupling_stack.ts';

const FAR = 1e30;

/** The side of a unit's kink on which an input lies. */
export function isAboveKink(x: number, weight: number, bias: number): boolean {
  return weight * x + bias > 0 === weight >= 0;
}

/** The kink of a unit. Without a kink, a value so far out that every input is on the side of `isAboveKink`. */
export function kinkOf(weight: number, bias: number): number {
  if (Math.abs(weight) < 1 / FAR) return bias > 0 === weight >= 0 ? -FAR : FAR;
  return Math.min(FAR, Math.max(-FAR, -bias / weight));
}

/** An upper unit of net `net` before its activation on a piece, as a line: slope, then intercept. */
export function lineOf(
  { HIDDEN_0, HIDDEN_1 }: Pick<StackSizes, 'HIDDEN_0' | 'HIDDEN_1'>,
  lines: Float64Array,
  net: number,
  piece: number,
  unit: number,
): [number, number] {
  const place = 2 * ((net * (HIDDEN_0 + 1) + piece) * roundUp(HIDDEN_1, 4) + unit - (unit % 4)) + (unit % 4);
  return [at(lines, place), at(lines, place + 4)];
}

/** Like `stackOutput`, with the second hidden layer from `lines`. */
export function pieceOutput(
  sizes: Pick<StackSizes, 'HIDDEN_0' | 'HIDDEN_1' | 'N_NETS' | 'N_OUT'>,
  params: Omit<StackParams, 'flips'>,
  activation: number,
  parameters: Float64Array,
  lines: Float64Array,
  coupling: number,
  x: number,
): StackOutput {
  const { HIDDEN_0, HIDDEN_1, N_NETS, N_OUT } = sizes;
  const output: StackOutput = { value: [], jacobian: [], hiddens: [] };
  for (let n = 0; n < N_NETS; n++) {
    const start = params.net_start + coupling * params.coupling_stride + n * params.net_stride;
    const bias0 = start + roundUp(HIDDEN_0, 4);
    const weightOut = bias0 + roundUp(HIDDEN_0, 4) + roundUp(HIDDEN_1 * HIDDEN_0, 4) + roundUp(HIDDEN_1, 4);
    let piece = 0;
    for (let k = 0; k < HIDDEN_0; k++) {
      if (isAboveKink(x, at(parameters, start + k), at(parameters, bias0 + k))) piece++;
    }
    for (let c = 0; c < N_OUT; c++) {
      let value = at(parameters, weightOut + roundUp(N_OUT * HIDDEN_1, 4) + c);
      let jacobian = 0;
      for (let o = 0; o < HIDDEN_1; o++) {
        const [a, b] = lineOf(sizes, lines, coupling * N_NETS + n, piece, o);
        const unit = activate(activation, a * x + b);
        const weight = at(parameters, weightOut + c * HIDDEN_1 + o);
        value += weight * unit.value;
        jacobian += weight * unit.derivative * a;
      }
      output.value.push(value);
      output.jacobian.push([jacobian]);
    }
  }
  return output;
}
