import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs } from '../../model/couplingStack.ts';
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
  upperWidths,
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
    conditions: { access: 'read', element: 'f32', when: 'FIRST' },
    d_outputs: { access: 'read', element: 'f32' },
    hiddens: { access: 'read_write', element: 'f32' },
    d_first: { access: 'read_write', element: 'f32', when: 'FIRST' },
  },
  flags: [...STACK_FLAGS, 'FIRST'],
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_BLOCKS'],
} as const satisfies KernelSpec;

export interface UpperBackwardInputArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  dOutputs: string;
  /** Of three layers, the middle one is replaced by its gradient; `upperBackwardWeight` must read it first. */
  hiddens: string;
  /** With two layers: the inputs of the nets, and the buffer that receives the gradient of the first layer. */
  firstLayer?: { conditions: string; dFirst: string };
}

/** Gradients of the last but one of several hidden layers of a range of couplings, before its activation. */
export function upperBackwardInput(args: UpperBackwardInputArguments): Dispatch {
  const { rows, stack, count } = args;
  const firstLayer = stack.hidden.length === 2 ? args.firstLayer : undefined;
  const quads = quadsOf(rows);
  const sizes = stackSizes(args);
  const { middle } = upperWidths(stack);
  const blocks = Math.min(ceilDivide(middle, 4 * sizes.LANES), KEPT_UNITS / (4 * sizes.LANES));
  const nets = count * stack.netCount;
  const taped = count * couplingOutputs(stack) + keptUnits(stack, count) + nets * middle;
  return dispatchOf(upperBackwardInputKernel, {
    params: { n_quads: quads, n_couplings: args.count, ...netPlaces(args) },
    flags: { ...stackFlags(args), FIRST: firstLayer !== undefined },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: { ...sizes, N_BLOCKS: blocks },
    buffers: {
      ...stackWeights(args),
      d_outputs: args.dOutputs,
      hiddens: args.hiddens,
      ...(firstLayer === undefined ? {} : { conditions: firstLayer.conditions, d_first: firstLayer.dFirst }),
    },
    workgroups: [ceilDivide(quads, FUSED_GROUP_SIZE), ceilDivide(middle, blocks * 4 * sizes.LANES), nets],
    flops: stackFlops(args, stack.hidden.length - 1) * rows,
    bytes: stackBytes(args) + 4 * rows * taped,
  });
}
