import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { blockedGrid, BLOCK_SIZES, BLOCK } from './blocked_product.ts';
import { backwardInputLaunch, DENSE_BACKWARD_INPUT } from './dense_backward_input.ts';
import type { DenseBackwardInputArguments } from './dense_backward_input.ts';

export const denseBackwardInputBlockedKernel = {
  stem: 'dense_backward_input_blocked',
  ...DENSE_BACKWARD_INPUT,
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** `denseBackwardInput` for wide layers: a tile of inputs by rows per workgroup, over workgroup memory. */
export function denseBackwardInputBlocked(args: DenseBackwardInputArguments): Dispatch {
  const { rows, layer, inputs = layer.inputs } = args;
  const quads = quadsOf(rows);
  return dispatchOf(denseBackwardInputBlockedKernel, {
    ...backwardInputLaunch(args),
    sizes: BLOCK,
    workgroups: blockedGrid(inputs, quads),
  });
}
