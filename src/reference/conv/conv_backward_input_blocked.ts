import type { Twin } from '../../plan/kernel.ts';
import type { convBackwardInputBlockedKernel } from '../../kernels/conv/conv_backward_input_blocked.ts';
import { convBackwardInput } from './conv_backward_input.ts';

/** Blocks and tiles do not change the mathematics. */
export const convBackwardInputBlocked: Twin<typeof convBackwardInputBlockedKernel> = (call) =>
  convBackwardInput(call);
