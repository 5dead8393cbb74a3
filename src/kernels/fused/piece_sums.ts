import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, roundUp } from '../../plan/shape.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import {
  NET_PLACES,
  netPlaces,
  ownOutputs,
  STACK_SIZES,
  stackConstants,
  stackSizes,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';
import { pieceLineCount } from './piece_lines.ts';
import { PIECE_GROUP_SIZE, pieceCount } from './piece_order.ts';

/** The most outputs whose gradients one invocation sums, if it has help. Four shares of a spline's 23 outputs fill two threads. */
const MAX_OWN_OUTPUTS = 6;

export const pieceSumsKernel = {
  stem: 'piece_sums',
  params: { n_rows: 'u32', n_nets: 'u32', ...NET_PLACES },
  bindings: {
    parameters: { access: 'read', element: 'f32', when: 'PULLS' },
    conditions: { access: 'read', element: 'f32' },
    d_outputs: { access: 'read', element: 'f32' },
    lines: { access: 'read', element: 'f32' },
    order: { access: 'read', element: 'u32' },
    ends: { access: 'read', element: 'u32' },
    sums: { access: 'read_write', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
    d_units: { access: 'read', element: 'f32', when: 'GIVEN' },
  },
  flags: ['SUBGROUPS', 'HAS_HIDDEN_1', 'HAS_HIDDEN_2', 'PULLS', 'GIVEN'],
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_OWN_OUT'],
} as const satisfies KernelSpec;

export interface PieceSumsArguments extends StackRange {
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  conditions: string;
  dOutputs: string;
  /** From `pieceLines` of the same range. */
  lines: string;
  /** From `pieceOrder` of the same range. */
  order: string;
  ends: string;
  /** From `pieceBackwardInput` of the same coupling: the gradients of the second layer, if it has many outputs. */
  dUnits?: string;
  /** Receives `pieceSumCount` elements. */
  sums: string;
  gradients: string;
}

/** Elements of the running sums of `count` couplings. */
export function pieceSumCount(stack: CouplingStack, count: number): number {
  return count * stack.netCount * pieceCount(stack) * 2 * roundUp(stack.hidden[1] ?? 0, 4);
}

/** Running sums over the sorted rows, and the gradients of the biases of the second layer and of the outputs. */
export function pieceSums(args: PieceSumsArguments): Dispatch {
  const { rows, stack, count, dUnits } = args;
  const { each, shares } =
    dUnits === undefined ? { each: stack.netOutputs, shares: 1 } : ownOutputs(stack, MAX_OWN_OUTPUTS);
  const sizes = stackSizes(args);
  const nets = count * stack.netCount;
  const upper = stack.hidden[1] ?? 0;
  return dispatchOf(pieceSumsKernel, {
    params: { n_rows: rows, n_nets: nets, ...netPlaces(args) },
    flags: {
      // A lane loads at most one gradient.
      SUBGROUPS: args.lanes > 1 && each <= sizes.LANES,
      HAS_HIDDEN_1: true,
      HAS_HIDDEN_2: false,
      PULLS: dUnits === undefined,
      GIVEN: dUnits !== undefined,
    },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: { ...sizes, N_OWN_OUT: each },
    buffers: {
      ...(dUnits === undefined ? { parameters: args.parameters } : {}),
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      lines: args.lines,
      order: args.order,
      ends: args.ends,
      sums: args.sums,
      gradients: args.gradients,
      ...(dUnits === undefined ? {} : { d_units: dUnits }),
    },
    workgroups: [ceilDivide(upper, 4 * PIECE_GROUP_SIZE), nets, shares],
    flops: nets * upper * rows * (4 * stack.netOutputs + 6),
    bytes:
      4 * (count * rows + nets * rows * (stack.netOutputs + 1)) +
      4 * (pieceLineCount(stack, count) + pieceSumCount(stack, count)) +
      3 * 4 * nets * upper * (1 + stack.netOutputs),
  });
}
