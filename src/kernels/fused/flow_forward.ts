import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs, netInputs } from '../../model/couplingStack.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  contextOf,
  FUSED_GROUP_SIZE,
  keptUnits,
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

export const flowForwardKernel = {
  stem: 'flow_forward',
  params: {
    n_quads: 'u32',
    mean_offset: 'u32',
    std_offset: 'u32',
    ...STACK_PARAMS,
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    context: { access: 'read', element: 'f32', when: 'HAS_CONTEXT' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32', when: 'LOG_PROB' },
    conditions: { access: 'read_write', element: 'f32', when: 'TANGENTS' },
    outputs: { access: 'read_write', element: 'f32', when: 'TANGENTS' },
    hiddens: { access: 'read_write', element: 'f32', when: 'KEEP_HIDDEN' },
    lines: { access: 'read', element: 'f32', when: 'PIECES' },
  },
  flags: [...FLOW_FLAGS, 'TANGENTS', 'KEEP_HIDDEN', 'PIECES', 'ACCUMULATE', 'STANDARDIZE', 'LOG_PROB'],
  constants: ['ACTIVATION', 'SCALE_MAP'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface FlowForwardArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  /** Optional; comes before the couplings. */
  standardize?: { mean: TensorSlot; std: TensorSlot };
  parameters: string;
  /** Required if the nets read a context. */
  context?: string;
  state: string;
  logDet: string;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  /** Optional; receives log N(z; 0, I) + logDet. */
  logProb?: string;
  /** Optional; receives results that `flowBackward` then need not recompute. */
  tape?: ForwardTape;
  /** Optional, from `pieceLines` of the same range; the nets are then evaluated with these lines. */
  lines?: string;
}

/** Names of the buffers that a range of couplings leaves for the backward pass. */
export interface ForwardTape {
  /** The inputs of each coupling's nets, [count · netInputs, rows]. */
  conditions: string;
  /**
   * The outputs of each coupling's nets, [count · couplingOutputs, rows], and then their Jacobians with respect to the
   * conditioning block, [count · couplingOutputs · conditionCount, rows].
   */
  outputs: string;
  /**
   * With several hidden layers: all but the first before their activation, layer by layer, [count · netCount
   * · units, rows] each.
   */
  hiddens?: string;
}

/** Maps the state through a range of couplings, x → z, in one dispatch. */
export function flowForward(args: FlowForwardArguments): Dispatch {
  const { rows, stack, count, standardize, logProb, tape, lines } = args;
  const quads = quadsOf(rows);
  const taped = tape === undefined ? 0 : tapeElements(stack, count, tape.hiddens !== undefined);
  return dispatchOf(flowForwardKernel, {
    params: {
      n_quads: quads,
      mean_offset: standardize?.mean.offset ?? 0,
      std_offset: standardize?.std.offset ?? 0,
      ...stackParams(args),
    },
    flags: {
      ...flowFlags(args),
      TANGENTS: tape !== undefined,
      KEEP_HIDDEN: tape?.hiddens !== undefined,
      PIECES: lines !== undefined,
      ACCUMULATE: args.accumulate,
      STANDARDIZE: standardize !== undefined,
      LOG_PROB: logProb !== undefined,
    },
    constants: stackConstants(args),
    sizes: stackSizes(args),
    buffers: {
      ...stackWeights(args),
      ...contextOf(args),
      state: args.state,
      log_det: args.logDet,
      ...(logProb === undefined ? {} : { log_prob: logProb }),
      ...tape,
      ...(lines === undefined ? {} : { lines }),
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), 1, 1],
    flops: (tape === undefined ? 1 : 1 + stack.conditionCount) * stackFlops(args) * rows,
    bytes:
      stackBytes(args) +
      4 * rows * (2 * stack.dim + stack.contextCount + (args.accumulate ? 2 : 1) + (logProb ? 1 : 0) + taped),
  });
}

/** Elements per row of a tape of `count` couplings. */
function tapeElements(stack: CouplingStack, count: number, deep: boolean): number {
  const perCoupling = netInputs(stack) + couplingOutputs(stack) * (1 + stack.conditionCount);
  return count * perCoupling + (deep ? keptUnits(stack, count) : 0);
}
