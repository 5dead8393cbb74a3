import type { Twin } from '../../plan/kernel.ts';
import type { denseForwardBlockedKernel } from '../../kernels/dense/dense_forward_blocked.ts';
import { denseForward } from './dense_forward.ts';

/** Blocks and tiles do not change the mathematics. */
export const denseForwardBlocked: Twin<typeof denseForwardBlockedKernel> = ({ constants, ...call }) => {
  denseForward({ ...call, constants: { ...constants, OUTPUT_BLOCK: 1 } });
};
