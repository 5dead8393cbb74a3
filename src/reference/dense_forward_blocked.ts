import type { Twin } from '../kernel.ts';
import type { denseForwardBlockedKernel } from '../kernels/dense_forward_blocked.ts';
import { denseForward } from './dense_forward.ts';

/** Blocks and tiles are no mathematics. */
export const denseForwardBlocked: Twin<typeof denseForwardBlockedKernel> = ({ constants, ...call }) => {
  denseForward({ ...call, constants: { ...constants, OUTPUT_BLOCK: 1 } });
};
