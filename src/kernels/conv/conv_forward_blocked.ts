import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { BLOCK, BLOCK_SIZES, blockedGrid } from '../dense/blocked_product.ts';
import { CONV_FORWARD, convForwardLaunch } from './conv_forward.ts';
import type { ConvForwardArguments } from './conv_forward.ts';

export const convForwardBlockedKernel = {
  stem: 'conv_forward_blocked',
  ...CONV_FORWARD,
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** `convForward` for wide layers: a tile of outputs by pixels and rows per workgroup, over workgroup memory. */
export function convForwardBlocked(args: ConvForwardArguments): Dispatch {
  const { rows, layer } = args;
  return dispatchOf(convForwardBlockedKernel, {
    ...convForwardLaunch(args),
    sizes: BLOCK,
    workgroups: blockedGrid(layer.outputs, quadsOf(rows) * layer.conv.height * layer.conv.width),
  });
}
