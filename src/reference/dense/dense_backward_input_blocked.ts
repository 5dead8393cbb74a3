import type { Twin } from '../../plan/kernel.ts';
import type { denseBackwardInputBlockedKernel } from '../../kernels/dense/dense_backward_input_blocked.ts';
import { denseBackwardInput } from './dense_backward_input.ts';

/** Blocks and tiles do not change the mathematics. */
export const denseBackwardInputBlocked: Twin<typeof denseBackwardInputBlockedKernel> = (call) => {
  denseBackwardInput({ ...call, constants: { INPUT_BLOCK: 1 } });
};
