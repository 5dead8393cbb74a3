import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { netInputs } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import { FUSED_GROUP_SIZE, NET_PLACES, netPlaces, stackFlops } from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

export const firstBackwardWeightKernel = {
  stem: 'first_backward_weight',
  params: { n_quads: 'u32', n_nets: 'u32', ...NET_PLACES },
  bindings: {
    conditions: { access: 'read', element: 'f32' },
    d_first: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['SUBGROUPS'],
  sizes: ['N_INPUT', 'N_NETS', 'HIDDEN_0', 'LANES'],
} as const satisfies KernelSpec;

export interface FirstBackwardWeightArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  /** From `flowBackward` of the same range. */
  conditions: string;
  /** From `upperBackwardInput` of the same range. */
  dFirst: string;
  gradients: string;
}

/** Gradients of the first of two hidden layers of a range of couplings. */
export function firstBackwardWeight(args: FirstBackwardWeightArguments): Dispatch {
  const { rows, stack, count, lanes } = args;
  const [hidden = 0] = stack.hidden;
  const nets = count * stack.netCount;
  const inputs = netInputs(stack);
  return dispatchOf(firstBackwardWeightKernel, {
    params: { n_quads: quadsOf(rows), n_nets: nets, ...netPlaces(args) },
    flags: { SUBGROUPS: lanes > 1 },
    sizes: { N_INPUT: inputs, N_NETS: stack.netCount, HIDDEN_0: hidden, LANES: lanes },
    buffers: { conditions: args.conditions, d_first: args.dFirst, gradients: args.gradients },
    workgroups: [ceilDivide(hidden, FUSED_GROUP_SIZE), nets, 1],
    flops: stackFlops(args, 0, 1) * rows,
    bytes: 4 * (rows * (count * inputs + nets * hidden) + 2 * nets * hidden * (inputs + 1)),
  });
}
