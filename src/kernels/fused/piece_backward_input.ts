import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs } from '../../model/couplingStack.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf, roundUp } from '../../plan/shape.ts';
import {
  FUSED_GROUP_SIZE,
  NET_PLACES,
  netPlaces,
  STACK_FLAGS,
  STACK_SIZES,
  stackConstants,
  stackFlags,
  stackSizes,
  stackWeights,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';
import { pieceLineCount } from './piece_lines.ts';

export const pieceBackwardInputKernel = {
  stem: 'piece_backward_input',
  params: { n_quads: 'u32', n_nets: 'u32', condition_start: 'u32', ...NET_PLACES },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    lines: { access: 'read', element: 'f32' },
    conditions: { access: 'read', element: 'f32' },
    d_outputs: { access: 'read', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    d_units: { access: 'read_write', element: 'f32' },
  },
  flags: STACK_FLAGS,
  constants: ['ACTIVATION'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface PieceBackwardInputArguments extends Omit<StackRange, 'first' | 'count'> {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `pieceLines` of the same coupling. */
  lines: string;
  /** The condition is feature `conditionStart` of the state. */
  conditionStart: number;
  /** From `pieceForward`. */
  conditions: string;
  /** [couplingOutputs, rows]. */
  dOutputs: string;
  dState: string;
  /** Receives the gradients of the second layer before its activation, `pieceUnitCount` elements. */
  dUnits: string;
}

/** Elements of the gradients of the second layer of one coupling's nets. */
export function pieceUnitCount({ netCount, hidden }: CouplingStack, rows: number): number {
  return netCount * rows * roundUp(hidden[1] ?? 0, 4);
}

/** Adds the gradient of the condition of one coupling, from the gradients of the outputs of its nets. */
export function pieceBackwardInput(args: PieceBackwardInputArguments): Dispatch {
  const { rows, stack, conditionStart } = args;
  const range = { ...args, first: 0, count: 1 };
  const quads = quadsOf(rows);
  const upper = stack.hidden[1] ?? 0;
  return dispatchOf(pieceBackwardInputKernel, {
    params: {
      n_quads: quads,
      n_nets: stack.netCount,
      condition_start: conditionStart,
      ...netPlaces(range),
    },
    flags: stackFlags(range),
    constants: { ACTIVATION: stackConstants(range).ACTIVATION },
    sizes: stackSizes(range),
    buffers: {
      ...stackWeights(args),
      lines: args.lines,
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      d_state: args.dState,
      d_units: args.dUnits,
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), 1, 1],
    flops: 2 * rows * upper * (couplingOutputs(stack) + 2 * stack.netCount),
    bytes: 4 * (pieceLineCount(stack, 1) + rows * (couplingOutputs(stack) + 3)),
  });
}
