/** Shared by the tests of the piecewise kernels: their dispatches in order, and awkward inputs. */
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { pieceBackwardWeight } from '../../../src/kernels/fused/piece_backward_weight.ts';
import { pieceUnitCount } from '../../../src/kernels/fused/piece_backward_input.ts';
import { pieceLineCount, pieceLines } from '../../../src/kernels/fused/piece_lines.ts';
import { pieceCount, pieceOrder } from '../../../src/kernels/fused/piece_order.ts';
import { pieceSumCount, pieceSums } from '../../../src/kernels/fused/piece_sums.ts';
import { activationCode } from '../../../src/model/activation.ts';
import { keptUnits, stackFlags, stackParams, stackSizes } from '../../../src/kernels/fused/coupling_stack.ts';
import { keepHidden, stackOutput } from '../../../src/reference/maths/coupling_stack.ts';
import { ramp } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { stackModel } from './stacks.ts';
import type { StackShape } from './stacks.ts';

export const INPUTS = ['spread', 'few values', 'one value', 'far out'] as const;

const conditionsOf: Record<(typeof INPUTS)[number], (length: number) => Float32Array> = {
  spread: (length) => ramp(length, 1.5),
  'few values': (length) => ramp(length, 1.5).map((x) => Math.round(2 * x) / 2),
  'one value': (length) => new Float32Array(length).fill(0.25),
  'far out': (length) => ramp(length, 1, 3).map((x) => 1e3 * Math.sign(x) + x),
};

export interface PieceCase {
  /** `piece_lines`, `piece_order`, `piece_sums`, `piece_backward_weight`. */
  dispatches: [Dispatch, Dispatch, Dispatch, Dispatch];
  contents: BufferContents;
}

/**
 * Every fifth unit of the first net's first layer has no weight and therefore no kink. With `given` the gradients of the
 * second layer are in a buffer; for a single coupling.
 */
export function pieceCase(
  shape: StackShape,
  rows: number,
  inputs: (typeof INPUTS)[number],
  lanes: number,
  given = false,
): PieceCase {
  const { stack, parameters } = stackModel(shape);
  const { dim, split, couplings } = shape;
  const [lower = 0] = shape.hidden;
  for (let k = 0; k < lower; k += 5) parameters[stack.netStart + k] = 0;
  const nets = couplings * stack.netCount;
  const range = { stack, lanes, rows, first: 0, count: couplings };
  const names = {
    parameters: 'parameters',
    conditions: 'conditions',
    dOutputs: 'd_outputs',
    lines: 'lines',
    gradients: 'gradients',
    pieces: 'pieces',
    order: 'order',
    ends: 'ends',
    sums: 'sums',
    ...(given ? { dUnits: 'd_units' } : {}),
  };
  const args = { ...range, ...names };
  return {
    dispatches: [pieceLines(args), pieceOrder(args), pieceSums(args), pieceBackwardWeight(args)],
    contents: {
      parameters,
      conditions: conditionsOf[inputs](couplings * rows),
      // Off centre, because sums of symmetric values cancel and lose the compared digits.
      d_outputs: ramp(2 * couplings * (dim - split) * rows, 0.5, 2).map((d) => d + 0.2),
      lines: ramp(pieceLineCount(stack, couplings), 1, 5),
      gradients: ramp(parameters.length, 1, 7),
      pieces: new Uint32Array(nets * rows),
      order: new Uint32Array(nets * rows),
      ends: new Uint32Array(nets * pieceCount(stack)),
      sums: pieceSumCount(stack, couplings),
      ...(given ? { d_units: ramp(pieceUnitCount(stack, rows), 0.5, 3).map((d) => d + 0.2) } : {}),
    },
  };
}

/** A case's second hidden layers before activation, computed layer by layer in f64, as the kernels keep them. */
export function hiddensOf(
  shape: StackShape,
  { parameters, conditions }: BufferContents,
  rows: number,
): Float64Array {
  const { stack } = stackModel(shape);
  const { couplings } = shape;
  const range = { stack, lanes: 1, first: 0, count: couplings };
  const kept = new Float64Array(keptUnits(stack, couplings) * rows);
  const weights = Float64Array.from(parameters as Float32Array);
  for (let c = 0; c < couplings; c++) {
    for (let r = 0; r < rows; r++) {
      const x = (conditions as Float32Array)[c * rows + r]!;
      const output = stackOutput(
        stackSizes(range),
        stackParams(range),
        stackFlags(range),
        activationCode(shape.activation),
        weights,
        c,
        [x],
      );
      keepHidden(kept, output, c, couplings, rows, r);
    }
  }
  return kept;
}
