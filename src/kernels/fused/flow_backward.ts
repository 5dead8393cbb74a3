import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  FUSED_GROUP_SIZE,
  STACK_FLAGS,
  STACK_PARAMS,
  STACK_SIZES,
  stackBytes,
  stackConstants,
  stackFlags,
  stackFlops,
  stackParams,
  stackSizes,
  stackWeights,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

export const flowBackwardKernel = {
  stem: 'flow_backward',
  params: {
    n_quads: 'u32',
    n_valid_rows: 'u32',
    d_log_det: 'f32',
    ...STACK_PARAMS,
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    conditions: { access: 'read_write', element: 'f32' },
    d_outputs: { access: 'read_write', element: 'f32' },
    jacobians: { access: 'read', element: 'f32', when: 'STORED' },
    hiddens: { access: 'read_write', element: 'f32', when: 'KEEP_HIDDEN' },
  },
  flags: [...STACK_FLAGS, 'TANGENTS', 'KEEP_HIDDEN', 'STORED'],
  constants: ['ACTIVATION', 'SCALE_MAP'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface FlowBackwardArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  parameters: string;
  state: string;
  dState: string;
  /** Receives the conditioning block of each coupling, [count · conditionCount, rows]. */
  conditions: string;
  /** Receives the gradient of [a | t] of each coupling, [count · 2 transformCount, rows]. */
  dOutputs: string;
  /** Jacobians from `flowForward`; `conditions` and `dOutputs` then hold its tape, and no net runs again. */
  jacobians?: string;
  /** If nets with several hidden layers run: receives the layers described at `ForwardTape`. */
  hiddens?: string;
}

/** Rebuilds a range of couplings' inputs from their outputs and pulls the gradient back, in one dispatch. */
export function flowBackward(args: FlowBackwardArguments): Dispatch {
  const { rows, stack, count, jacobians, hiddens } = args;
  const quads = quadsOf(rows);
  const taped = count * (stack.conditionCount + 2 * stack.transformCount);
  return dispatchOf(flowBackwardKernel, {
    params: {
      n_quads: quads,
      n_valid_rows: args.validRows,
      d_log_det: args.dLogDet,
      ...stackParams(args),
    },
    flags: {
      ...stackFlags(args),
      TANGENTS: true,
      KEEP_HIDDEN: hiddens !== undefined && jacobians === undefined,
      STORED: jacobians !== undefined,
    },
    constants: stackConstants(args),
    sizes: stackSizes(args),
    buffers: {
      ...stackWeights(args),
      state: args.state,
      d_state: args.dState,
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      ...(jacobians === undefined ? {} : { jacobians }),
      ...(hiddens === undefined ? {} : { hiddens }),
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), 1, 1],
    flops: jacobians === undefined ? (1 + stack.conditionCount) * stackFlops(args) * rows : 0,
    bytes: stackBytes(args) + 4 * rows * (4 * stack.dim + taped),
  });
}
