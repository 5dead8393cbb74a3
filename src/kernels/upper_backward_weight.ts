import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { ceilDivide, quadsOf } from '../shape.ts';
import {
  FUSED_GROUP_SIZE,
  keptUnits,
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

/** Units of the last hidden layer whose weights one invocation owns. */
const LAST_UNITS = 8;

export const upperBackwardWeightKernel = {
  stem: 'upper_backward_weight',
  params: {
    n_quads: 'u32',
    n_couplings: 'u32',
    net_start: 'u32',
    coupling_stride: 'u32',
    net_stride: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    d_outputs: { access: 'read', element: 'f32' },
    hiddens: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['SUBGROUPS', 'ALIGNED', 'DEEP', 'DEEPER'],
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_LAST_UNITS'],
} as const satisfies KernelSpec;

export interface UpperBackwardWeightArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** As `flowBackward` left them for the same range. */
  dOutputs: string;
  hiddens: string;
  gradients: string;
}

/** Gradients of the last hidden layer and the outputs of a range of couplings whose nets have three hidden layers. */
export function upperBackwardWeight(args: UpperBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const [, middle = 0, last = 0] = stack.hidden;
  const { n_couplings, net_start, coupling_stride, net_stride } = stackParams(args);
  const traced = count * 2 * stack.transformCount + keptUnits(stack, count);
  return dispatchOf(upperBackwardWeightKernel, {
    params: { n_quads: quadsOf(rows), n_couplings, net_start, coupling_stride, net_stride },
    flags: stackFlags(args),
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: { ...stackSizes(args), N_LAST_UNITS: LAST_UNITS },
    buffers: {
      ...stackWeights(args),
      d_outputs: args.dOutputs,
      hiddens: args.hiddens,
      gradients: args.gradients,
    },
    workgroups: [
      ceilDivide(middle, 4 * FUSED_GROUP_SIZE),
      ceilDivide(last, LAST_UNITS),
      count * stack.netCount,
    ],
    flops: (stackFlops(args, 2) + stackFlops(args, 3)) * rows,
    bytes: 2 * stackBytes(args) + 4 * rows * traced,
  });
}
