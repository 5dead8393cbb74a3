import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  FUSED_GROUP_SIZE,
  keptUnits,
  NET_PLACES,
  netPlaces,
  STACK_FLAGS,
  STACK_SIZES,
  stackBytes,
  stackConstants,
  stackFlags,
  stackFlops,
  stackSizes,
  stackWeights,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

/** Middle units whose gradients one invocation keeps, for its quad of rows. */
const KEPT_UNITS = 32;

export const upperBackwardInputKernel = {
  stem: 'upper_backward_input',
  params: {
    n_quads: 'u32',
    n_couplings: 'u32',
    ...NET_PLACES,
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    d_outputs: { access: 'read', element: 'f32' },
    hiddens: { access: 'read_write', element: 'f32' },
  },
  flags: STACK_FLAGS,
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_BLOCKS'],
} as const satisfies KernelSpec;

export interface UpperBackwardInputArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  dOutputs: string;
  /** Its middle layers are replaced by their gradients; `upperBackwardWeight` must read them first. */
  hiddens: string;
}

/** Gradients of the middle hidden layers of a range of couplings whose nets have three, before their activation. */
export function upperBackwardInput(args: UpperBackwardInputArguments): Dispatch {
  const { rows, stack, count } = args;
  const quads = quadsOf(rows);
  const sizes = stackSizes(args);
  const blocks = Math.min(sizes.N_BLOCKS_1, KEPT_UNITS / (4 * sizes.LANES));
  const middle = stack.hidden[1] ?? 0;
  const nets = count * stack.netCount;
  const taped = count * 2 * stack.transformCount + keptUnits(stack, count) + nets * middle;
  return dispatchOf(upperBackwardInputKernel, {
    params: { n_quads: quads, n_couplings: args.count, ...netPlaces(args) },
    flags: stackFlags(args),
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: { ...sizes, N_BLOCKS: blocks },
    buffers: { ...stackWeights(args), d_outputs: args.dOutputs, hiddens: args.hiddens },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), ceilDivide(middle, blocks * 4 * sizes.LANES), nets],
    flops: stackFlops(args, 2) * rows,
    bytes: stackBytes(args) + 4 * rows * taped,
  });
}
