import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { netInputs } from '../../model/couplingStack.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import {
  isPiecewiseLinear,
  NET_PLACES,
  netPlaces,
  STACK_SIZES,
  stackBytes,
  stackFlags,
  stackSizes,
  stackWeights,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

/** Invocations of a workgroup of `piece_lines`, `piece_order` and `piece_sums`. */
export const PIECE_GROUP_SIZE = 16;

export const pieceOrderKernel = {
  stem: 'piece_order',
  params: { n_quads: 'u32', n_nets: 'u32', ...NET_PLACES },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    conditions: { access: 'read', element: 'f32' },
    pieces: { access: 'read_write', element: 'u32' },
    order: { access: 'read_write', element: 'u32' },
    ends: { access: 'read_write', element: 'u32' },
  },
  flags: ['ALIGNED', 'HAS_HIDDEN_1', 'HAS_HIDDEN_2'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface PieceOrderArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  conditions: string;
  /** Both receive one element per net and row. */
  pieces: string;
  order: string;
  /** Receives `pieceCount` elements per net. */
  ends: string;
}

/** Whether the kinks of the stack's nets cut a single input into pieces, with a second hidden layer above. */
export function hasPieces(stack: CouplingStack): boolean {
  return netInputs(stack) === 1 && stack.hidden.length === 2 && isPiecewiseLinear(stack);
}

/** Pieces between the kinks of a net's first hidden layer. */
export function pieceCount(stack: CouplingStack): number {
  return (stack.hidden[0] ?? 0) + 1;
}

/** Sorts the rows by the piece of each net's input that contains them, for a range of couplings. */
export function pieceOrder(args: PieceOrderArguments): Dispatch {
  const { rows, stack, count } = args;
  const { ALIGNED, HAS_HIDDEN_1, HAS_HIDDEN_2 } = stackFlags(args);
  const nets = count * stack.netCount;
  return dispatchOf(pieceOrderKernel, {
    params: { n_quads: quadsOf(rows), n_nets: nets, ...netPlaces(args) },
    flags: { ALIGNED, HAS_HIDDEN_1, HAS_HIDDEN_2 },
    sizes: stackSizes(args),
    buffers: {
      ...stackWeights(args),
      conditions: args.conditions,
      pieces: args.pieces,
      order: args.order,
      ends: args.ends,
    },
    workgroups: [nets, 1, 1],
    flops: 2 * nets * (stack.hidden[0] ?? 0) * rows,
    bytes: stackBytes(args) + 4 * (count * rows + nets * (2 * rows + pieceCount(stack))),
  });
}
