import type { Twin } from '../../plan/kernel.ts';
import type { denseForwardStreamedKernel } from '../../kernels/dense/dense_forward_streamed.ts';
import { denseForward } from './dense_forward.ts';

/** The same layer as `denseForward`. */
export const denseForwardStreamed: Twin<typeof denseForwardStreamedKernel> = ({
  params,
  flags,
  constants,
  buffers,
}) => denseForward({ params, flags, constants: { ...constants, OUTPUT_BLOCK: 1 }, sizes: {}, buffers });
