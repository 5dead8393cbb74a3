import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
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

export const flowInverseKernel = {
  stem: 'flow_inverse',
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
  },
  flags: [...FLOW_FLAGS, 'TANGENTS', 'KEEP_HIDDEN', 'ACCUMULATE', 'STANDARDIZE'],
  constants: ['ACTIVATION', 'SCALE_MAP'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface FlowInverseArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  /** Optional; comes after the couplings. */
  standardize?: { mean: TensorSlot; std: TensorSlot };
  parameters: string;
  /** Required if the nets read a context. */
  context?: string;
  state: string;
  logDet: string;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
}

/** Maps the state through a range of couplings, z → x, last coupling first, in one dispatch. */
export function flowInverse(args: FlowInverseArguments): Dispatch {
  const { rows, stack, standardize } = args;
  const quads = quadsOf(rows);
  return dispatchOf(flowInverseKernel, {
    params: {
      n_quads: quads,
      mean_offset: standardize?.mean.offset ?? 0,
      std_offset: standardize?.std.offset ?? 0,
      ...stackParams(args),
    },
    flags: {
      ...flowFlags(args),
      TANGENTS: false,
      KEEP_HIDDEN: false,
      ACCUMULATE: args.accumulate,
      STANDARDIZE: standardize !== undefined,
    },
    constants: stackConstants(args),
    sizes: stackSizes(args),
    buffers: {
      ...stackWeights(args),
      ...contextOf(args),
      state: args.state,
      log_det: args.logDet,
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), 1, 1],
    flops: stackFlops(args) * rows,
    bytes: stackBytes(args) + 4 * rows * (2 * stack.dim + (args.accumulate ? 2 : 1)),
  });
}
