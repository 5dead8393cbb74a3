import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { BLOCK, BLOCK_SIZES, blockedGrid } from '../dense/blocked_product.ts';
import { CONV_BACKWARD_INPUT, convBackwardInputLaunch } from './conv_backward_input.ts';
import type { ConvBackwardInputArguments } from './conv_backward_input.ts';

export const convBackwardInputBlockedKernel = {
  stem: 'conv_backward_input_blocked',
  ...CONV_BACKWARD_INPUT,
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** `convBackwardInput` for wide layers: a tile of channels by pixels and rows per workgroup, over workgroup memory. */
export function convBackwardInputBlocked(args: ConvBackwardInputArguments): Dispatch {
  const { rows, layer } = args;
  const { channels, height, width } = layer.conv;
  return dispatchOf(convBackwardInputBlockedKernel, {
    ...convBackwardInputLaunch(args),
    sizes: BLOCK,
    workgroups: blockedGrid(channels, quadsOf(rows) * height * width),
  });
}
