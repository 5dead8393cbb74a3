import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, roundUp } from '../../plan/shape.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import {
  NET_PLACES,
  netPlaces,
  STACK_SIZES,
  stackBytes,
  stackConstants,
  stackSizes,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';
import { PIECE_GROUP_SIZE, pieceCount } from './piece_order.ts';

export const pieceLinesKernel = {
  stem: 'piece_lines',
  params: { n_nets: 'u32', ...NET_PLACES },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    lines: { access: 'read_write', element: 'f32' },
  },
  flags: ['HAS_HIDDEN_1', 'HAS_HIDDEN_2'],
  constants: ['ACTIVATION'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface PieceLinesArguments extends StackRange {
  parameters: string;
  /** Receives `pieceLineCount` elements. */
  lines: string;
}

/** Elements of the lines of `count` couplings: a slope and an intercept for each piece and upper unit. */
export function pieceLineCount(stack: CouplingStack, count: number): number {
  return count * stack.netCount * pieceCount(stack) * 2 * roundUp(stack.hidden[1] ?? 0, 4);
}

/** The second hidden layer of the nets of a range of couplings, as lines over the pieces of their input. */
export function pieceLines(args: PieceLinesArguments): Dispatch {
  const { stack, count } = args;
  const nets = count * stack.netCount;
  const [lower = 0, upper = 0] = stack.hidden;
  return dispatchOf(pieceLinesKernel, {
    params: { n_nets: nets, ...netPlaces(args) },
    flags: { HAS_HIDDEN_1: true, HAS_HIDDEN_2: false },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: stackSizes(args),
    buffers: { parameters: args.parameters, lines: args.lines },
    workgroups: [ceilDivide(upper, 4 * PIECE_GROUP_SIZE), nets, 1],
    flops: 12 * nets * lower * upper,
    bytes: stackBytes(args) + 4 * pieceLineCount(stack, count),
  });
}
