import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs, netInputs } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  contextOf,
  FUSED_GROUP_SIZE,
  FLOW_FLAGS,
  flowFlags,
  STACK_PARAMS,
  STACK_SIZES,
  stackBytes,
  stackConstants,
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
    context: { access: 'read', element: 'f32', when: 'HAS_CONTEXT' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    conditions: { access: 'read_write', element: 'f32' },
    d_outputs: { access: 'read_write', element: 'f32' },
    hiddens: { access: 'read_write', element: 'f32', when: 'KEEP_HIDDEN' },
  },
  flags: [...FLOW_FLAGS, 'TANGENTS', 'KEEP_HIDDEN', 'STORED'],
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
  /** Required if the nets run again and read a context. */
  context?: string;
  state: string;
  dState: string;
  /** Receives the inputs of each coupling's nets, [count · netInputs, rows]. */
  conditions: string;
  /** Receives the gradients of the outputs of each coupling's nets, [count · couplingOutputs, rows]. */
  dOutputs: string;
  /** Whether `conditions` and `dOutputs` hold the tape of `flowForward`; no net runs again. */
  isTaped: boolean;
  /** If nets with several hidden layers run: receives the layers described at `ForwardTape`. */
  hiddens?: string;
}

/** Rebuilds a range of couplings' inputs from their outputs and pulls the gradient back, in one dispatch. */
export function flowBackward(args: FlowBackwardArguments): Dispatch {
  const { rows, stack, count, isTaped } = args;
  // A tape has them already.
  const hiddens = isTaped ? undefined : args.hiddens;
  const quads = quadsOf(rows);
  const taped = count * (netInputs(stack) + couplingOutputs(stack));
  return dispatchOf(flowBackwardKernel, {
    params: {
      n_quads: quads,
      n_valid_rows: args.validRows,
      d_log_det: args.dLogDet,
      ...stackParams(args),
    },
    flags: {
      ...flowFlags(args),
      TANGENTS: true,
      HAS_CONTEXT: stack.contextCount > 0 && !isTaped,
      KEEP_HIDDEN: hiddens !== undefined,
      STORED: isTaped,
    },
    constants: stackConstants(args),
    sizes: stackSizes(args),
    buffers: {
      ...stackWeights(args),
      ...(isTaped ? {} : contextOf(args)),
      state: args.state,
      d_state: args.dState,
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      ...(hiddens === undefined ? {} : { hiddens }),
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), 1, 1],
    flops: isTaped ? 0 : (1 + stack.conditionCount) * stackFlops(args) * rows,
    bytes: stackBytes(args) + 4 * rows * (4 * stack.dim + taped),
  });
}
