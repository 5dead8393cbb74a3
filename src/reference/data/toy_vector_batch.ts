import type { Twin } from '../../plan/kernel.ts';
import type { toyVectorBatchKernel } from '../../kernels/data/toy_vector_batch.ts';
import { toyBatch } from './toy_batch.ts';

// The density's own formulas determine the number of features.
export const toyVectorBatch: Twin<typeof toyVectorBatchKernel> = ({ params, buffers, ...call }) =>
  toyBatch({
    ...call,
    flags: { CLASSES: false },
    params: { ...params, mean_x: NaN, mean_y: NaN, std_x: NaN, std_y: NaN, n_classes: 0 },
    buffers: { ...buffers, context: new Float64Array() },
  });
