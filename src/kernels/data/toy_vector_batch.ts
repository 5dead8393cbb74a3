import { toyDensityOfShape } from '../../data/toy.ts';
import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { splitSeed } from '../../random.ts';
import { gridOf } from '../../plan/shape.ts';
import type { ToyBatchArguments } from './toy_batch.ts';

export const toyVectorBatchKernel = {
  stem: 'toy_vector_batch',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    row_start: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
    stream: 'u32',
    ring_size: 'u32',
    noise: 'f32',
  },
  bindings: {
    step_state: { access: 'read', element: 'u32' },
    step_cursor: { access: 'read', element: 'u32' },
    state: { access: 'read_write', element: 'f32' },
  },
  constants: ['SHAPE'],
} as const satisfies KernelSpec;

// Half of Box and Muller 25, the chain 4, a centre or a map about 50.
const FLOPS_PER_FEATURE = 80;

/**
 * Like `toyBatch`, for densities with more than two features.
 * @throws {ShapeError} for a bad seed, an unknown shape or a noise that the shape does not allow
 */
export function toyVectorBatch(args: ToyBatchArguments): Dispatch {
  const { rows, shape, noise } = args;
  const [seedLow, seedHigh] = splitSeed(args.seed);
  const { dim } = toyDensityOfShape(shape, { noise });
  return dispatchOf(toyVectorBatchKernel, {
    params: {
      n_rows: rows,
      n_features: dim,
      row_start: args.rowStart,
      seed_lo: seedLow,
      seed_hi: seedHigh,
      stream: args.stream,
      ring_size: args.ringSize,
      noise,
    },
    constants: { SHAPE: shape },
    buffers: { step_state: args.stepState, step_cursor: args.stepCursor, state: args.state },
    workgroups: gridOf(rows),
    flops: FLOPS_PER_FEATURE * dim * rows,
    bytes: 4 * dim * rows,
  });
}
