/** Nets with one input and two piecewise linear hidden layers: the second layer is a line on each piece of the input. */
import { pieceBackwardInput, pieceUnitCount } from '../kernels/fused/piece_backward_input.ts';
import { pieceBackwardWeight } from '../kernels/fused/piece_backward_weight.ts';
import { pieceForward } from '../kernels/fused/piece_forward.ts';
import { pieceLineCount, pieceLines } from '../kernels/fused/piece_lines.ts';
import { hasPieces, pieceCount, pieceOrder } from '../kernels/fused/piece_order.ts';
import { pieceSumCount, pieceSums } from '../kernels/fused/piece_sums.ts';
import type { PieceSumsArguments } from '../kernels/fused/piece_sums.ts';
import { couplingOutputs } from '../model/couplingStack.ts';
import type { CouplingStack } from '../model/couplingStack.ts';
import type { Dispatch } from '../plan/kernel.ts';
import {
  D_CONDITIONER_OUTPUT,
  D_STATE,
  D_UNITS,
  GRADIENTS,
  PARAMETERS,
  PIECE_ENDS,
  PIECE_ORDER,
  PIECE_SUMS,
  PIECES,
  STATE,
} from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { Coupling, NetRun } from './netRun.ts';

/** The widest hidden layer that the kernels take. */
const MAX_WIDTH = 128;

/** The coupling as a stack of one, if the nets of a training step run by pieces. */
export function pieceStack(
  { spec: { conditioner }, blocks, nets }: Coupling,
  { regime, weights, precision }: KernelVariants,
): CouplingStack | undefined {
  const { hidden, residualBlocks, activation } = conditioner;
  const [first, second] = nets.map(({ layers }) => layers[0]);
  const netStart = first?.weight.offset ?? 0;
  const stack: CouplingStack = {
    dim: blocks.conditionCount + blocks.transformCount,
    conditionCount: blocks.conditionCount,
    contextCount: (first?.inputs ?? 0) - blocks.conditionCount,
    transformCount: blocks.transformCount,
    hidden,
    activation,
    scale: undefined,
    netCount: nets.length,
    netOutputs: nets[0]?.layers.at(-1)?.outputs ?? 0,
    netStart,
    netStride: (second?.weight.offset ?? netStart) - netStart,
    couplingStride: 0,
    mix: undefined,
    permutationStride: 0,
    flips: [blocks.conditionStart > 0],
  };
  const isChosen = regime === 'fused' && weights === 'sorted' && precision === 'f32';
  const fits = residualBlocks === undefined && hasPieces(stack) && Math.max(...hidden) <= MAX_WIDTH;
  return isChosen && blocks.conditionCount === 1 && fits ? stack : undefined;
}

/** Runs the nets on the condition in the state, and keeps what `piecesBackward` needs. */
export function piecesForward(
  plan: PlanBuilder,
  stack: CouplingStack,
  { rows, variants: { lanes }, activations }: NetRun,
  conditionStart: number,
): void {
  const lines = plan.buffer(activations.lines, pieceLineCount(stack, 1));
  plan.add(
    pieceLines({ stack, first: 0, count: 1, lanes, parameters: PARAMETERS, lines }),
    pieceForward({
      stack,
      lanes,
      rows,
      parameters: PARAMETERS,
      lines,
      conditionStart,
      state: STATE,
      conditions: plan.buffer(activations.condition, rows),
      outputs: plan.buffer(activations.output, couplingOutputs(stack) * rows),
    }),
  );
}

/** Pulls the gradient in D_CONDITIONER_OUTPUT back through the nets. Adds to GRADIENTS and to the condition's in D_STATE. */
export function piecesBackward(
  plan: PlanBuilder,
  stack: CouplingStack,
  { rows, variants: { lanes }, activations: { lines, condition: conditions } }: NetRun,
  conditionStart: number,
): void {
  const shared = { stack, lanes, rows, parameters: PARAMETERS, conditions, lines };
  const dUnits = plan.buffer(D_UNITS, pieceUnitCount(stack, rows));
  const range = { ...shared, first: 0, count: 1, dOutputs: D_CONDITIONER_OUTPUT, dUnits };
  plan.add(
    pieceBackwardInput({ ...range, conditionStart, dState: D_STATE }),
    ...sortedBackwardWeight(plan, { ...range, gradients: GRADIENTS }),
  );
}

/** The gradients of the weights of a range of couplings from rows sorted between the kinks of the first hidden layer. */
export function sortedBackwardWeight(
  plan: PlanBuilder,
  args: Omit<PieceSumsArguments, 'order' | 'ends' | 'sums'>,
): Dispatch[] {
  const { stack, count, rows } = args;
  const nets = count * stack.netCount;
  const order = plan.buffer(PIECE_ORDER, nets * rows, 'u32');
  const pieces = plan.buffer(PIECES, nets * rows, 'u32');
  const ends = plan.buffer(PIECE_ENDS, nets * pieceCount(stack), 'u32');
  const sums = plan.buffer(PIECE_SUMS, pieceSumCount(stack, count));
  return [
    pieceOrder({ ...args, pieces, order, ends }),
    pieceSums({ ...args, order, ends, sums }),
    pieceBackwardWeight({ ...args, pieces, order, sums }),
  ];
}
