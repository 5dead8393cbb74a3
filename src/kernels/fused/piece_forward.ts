import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  FUSED_GROUP_SIZE,
  NET_PLACES,
  netPlaces,
  ownOutputs,
  STACK_FLAGS,
  STACK_SIZES,
  stackConstants,
  stackFlags,
  stackSizes,
  stackWeights,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';
import { pieceLineCount } from './piece_lines.ts';

/** The most outputs that one invocation computes; reading the lines takes longer than a few more of them. */
const MAX_OWN_OUTPUTS = 24;

export const pieceForwardKernel = {
  stem: 'piece_forward',
  params: { n_quads: 'u32', n_nets: 'u32', condition_start: 'u32', ...NET_PLACES },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    lines: { access: 'read', element: 'f32' },
    state: { access: 'read', element: 'f32' },
    conditions: { access: 'read_write', element: 'f32' },
    outputs: { access: 'read_write', element: 'f32' },
  },
  flags: STACK_FLAGS,
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_OWN_OUT', 'N_LANE_GROUPS'],
} as const satisfies KernelSpec;

export interface PieceForwardArguments extends Omit<StackRange, 'first' | 'count'> {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `pieceLines` of the same coupling. */
  lines: string;
  /** The condition is feature `conditionStart` of the state. */
  conditionStart: number;
  state: string;
  /** Receives the condition, [1, rows]. */
  conditions: string;
  /** Receives the outputs of the nets, [couplingOutputs, rows]. */
  outputs: string;
}

/** The outputs of the nets of one coupling, from the lines of their second layer. */
export function pieceForward(args: PieceForwardArguments): Dispatch {
  const { rows, stack, conditionStart } = args;
  const range = { ...args, first: 0, count: 1 };
  const quads = quadsOf(rows);
  const sizes = stackSizes(range);
  const { each, shares } = ownOutputs(stack, MAX_OWN_OUTPUTS);
  const upper = stack.hidden[1] ?? 0;
  return dispatchOf(pieceForwardKernel, {
    params: {
      n_quads: quads,
      n_nets: stack.netCount,
      condition_start: conditionStart,
      ...netPlaces(range),
    },
    flags: stackFlags(range),
    constants: { ACTIVATION: stackConstants(range).ACTIVATION },
    sizes: { ...sizes, N_OWN_OUT: each, N_LANE_GROUPS: ceilDivide(each, sizes.LANES) },
    buffers: {
      ...stackWeights(args),
      lines: args.lines,
      state: args.state,
      conditions: args.conditions,
      outputs: args.outputs,
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), shares, stack.netCount],
    flops: 2 * rows * upper * (couplingOutputs(stack) + 2 * stack.netCount),
    bytes: 4 * (pieceLineCount(stack, 1) + rows * (couplingOutputs(stack) + 2)),
  });
}
