import type { Twin } from '../../plan/kernel.ts';
import type { convForwardBlockedKernel } from '../../kernels/conv/conv_forward_blocked.ts';
import { convForward } from './conv_forward.ts';

/** Blocks and tiles do not change the mathematics. */
export const convForwardBlocked: Twin<typeof convForwardBlockedKernel> = (call) => convForward(call);
