import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';
import { blockedGrid, BLOCK_SIZES, BLOCK } from './blocked_product.ts';
import { DENSE_FORWARD, forwardLaunch } from './dense_forward.ts';
import type { DenseForwardArguments } from './dense_forward.ts';

export const denseForwardBlockedKernel = {
  stem: 'dense_forward_blocked',
  ...DENSE_FORWARD,
  constants: ['ACTIVATION'],
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** `denseForward` for wide layers: a tile of outputs by rows per workgroup, over workgroup memory. */
export function denseForwardBlocked(args: DenseForwardArguments): Dispatch {
  const quads = quadsOf(args.rows);
  return dispatchOf(denseForwardBlockedKernel, {
    ...forwardLaunch(args),
    constants: { ACTIVATION: activationCode(args.activation) },
    sizes: BLOCK,
    workgroups: blockedGrid(args.layer.outputs, quads),
  });
}
