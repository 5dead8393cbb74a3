import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { netInputs } from '../../model/couplingStack.ts';
import { gridOf } from '../../plan/shape.ts';
import { NET_PLACES, netPlaces } from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';
import { deepPartials, upperBlocks } from './deep_backward_weight.ts';

export const deepWeightReduceKernel = {
  stem: 'deep_weight_reduce',
  params: {
    n_blocks: 'u32',
    n_nets: 'u32',
    ...NET_PLACES,
  },
  bindings: {
    partials: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  sizes: ['N_INPUT', 'N_PARTIALS', 'N_NETS', 'HIDDEN_0'],
} as const satisfies KernelSpec;

export interface DeepWeightReduceArguments extends Omit<StackRange, 'lanes'> {
  /** From `deepBackwardWeight` of the same range. */
  partials: string;
  gradients: string;
}

/** Adds the partial sums to the gradients of the first layers of a range of couplings. */
export function deepWeightReduce(args: DeepWeightReduceArguments): Dispatch {
  const { stack, count, partials, gradients } = args;
  const blocks = upperBlocks(stack);
  const nets = count * stack.netCount;
  const hidden = stack.hidden[0] ?? 0;
  const elements = deepPartials(stack, count);
  return dispatchOf(deepWeightReduceKernel, {
    params: { n_blocks: blocks, n_nets: nets, ...netPlaces(args) },
    sizes: {
      N_INPUT: netInputs(stack),
      N_PARTIALS: netInputs(stack) + 1,
      N_NETS: stack.netCount,
      HIDDEN_0: hidden,
    },
    buffers: { partials, gradients },
    workgroups: gridOf(nets * hidden),
    flops: elements,
    bytes: 4 * (elements + (2 * elements) / blocks),
  });
}
