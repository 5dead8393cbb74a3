import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { TensorSlot } from '../paramLayout.ts';
import { ceilDivide, quadsOf } from '../shape.ts';
import {
  FUSED_GROUP_SIZE,
  STACK_SIZES,
  stackBytes,
  stackConstants,
  stackFlags,
  stackFlops,
  stackParams,
  stackSizes,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

export const flowForwardKernel = {
  stem: 'flow_forward',
  params: {
    n_quads: 'u32',
    mean_offset: 'u32',
    std_offset: 'u32',
    n_couplings: 'u32',
    flips: 'u32',
    net_start: 'u32',
    coupling_stride: 'u32',
    net_stride: 'u32',
    scale_bound: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32', when: 'LOG_PROB' },
  },
  flags: ['SUBGROUPS', 'DEEP', 'TANGENTS', 'STARTS', 'STANDARDIZE', 'LOG_PROB'],
  constants: ['ACTIVATION', 'SCALE_MAP'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface FlowForwardArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  /** Comes before the couplings, where it is given. */
  standardize?: { mean: TensorSlot; std: TensorSlot };
  parameters: string;
  state: string;
  logDet: string;
  /** Whether logDet begins here, or is added to. */
  starts: boolean;
  /** Receives log N(z; 0, I) + logDet, where it is given. */
  logProb?: string;
}

/** The state through a range of couplings, x → z, in one dispatch. */
export function flowForward(args: FlowForwardArguments): Dispatch {
  const { rows, stack, standardize, logProb } = args;
  const quads = quadsOf(rows);
  return dispatchOf(flowForwardKernel, {
    params: {
      n_quads: quads,
      mean_offset: standardize?.mean.offset ?? 0,
      std_offset: standardize?.std.offset ?? 0,
      ...stackParams(args),
    },
    flags: {
      ...stackFlags(args),
      TANGENTS: false,
      STARTS: args.starts,
      STANDARDIZE: standardize !== undefined,
      LOG_PROB: logProb !== undefined,
    },
    constants: stackConstants(args),
    sizes: stackSizes(args),
    buffers: {
      parameters: args.parameters,
      state: args.state,
      log_det: args.logDet,
      ...(logProb === undefined ? {} : { log_prob: logProb }),
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), 1, 1],
    flops: stackFlops(args) * rows,
    bytes: stackBytes(args) + 4 * rows * (2 * stack.dim + (args.starts ? 1 : 2) + (logProb ? 1 : 0)),
  });
}
