import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import {
  NET_PLACES,
  netPlaces,
  STACK_SIZES,
  stackBytes,
  stackConstants,
  stackSizes,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';
import { pieceSumCount } from './piece_sums.ts';

export const pieceBackwardWeightKernel = {
  stem: 'piece_backward_weight',
  params: {
    n_rows: 'u32',
    n_nets: 'u32',
    ...NET_PLACES,
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    conditions: { access: 'read', element: 'f32' },
    pieces: { access: 'read', element: 'u32' },
    order: { access: 'read', element: 'u32' },
    sums: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['HAS_HIDDEN_1', 'HAS_HIDDEN_2'],
  constants: ['ACTIVATION'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface PieceBackwardWeightArguments extends StackRange {
  rows: number;
  parameters: string;
  conditions: string;
  /** From `pieceOrder` of the same range. */
  pieces: string;
  order: string;
  /** From `pieceSums` of the same range. */
  sums: string;
  gradients: string;
}

/** Gradients of the first layer, and of the second's weights, for a range of couplings. */
export function pieceBackwardWeight(args: PieceBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const nets = count * stack.netCount;
  const [lower = 0, upper = 0] = stack.hidden;
  return dispatchOf(pieceBackwardWeightKernel, {
    params: { n_rows: rows, n_nets: nets, ...netPlaces(args) },
    flags: { HAS_HIDDEN_1: true, HAS_HIDDEN_2: false },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: stackSizes(args),
    buffers: {
      parameters: args.parameters,
      conditions: args.conditions,
      pieces: args.pieces,
      order: args.order,
      sums: args.sums,
      gradients: args.gradients,
    },
    workgroups: gridOf(nets * lower),
    flops: 14 * nets * lower * upper,
    bytes: 3 * stackBytes(args) + 4 * (count * rows + 2 * nets * rows + pieceSumCount(stack, count)),
  });
}
