import { toyDensityOfShape } from '../../data/toy.ts';
import { ShapeError } from '../../errors.ts';
import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { splitSeed } from '../../random.ts';
import { gridOf } from '../../plan/shape.ts';

export const toyBatchKernel = {
  stem: 'toy_batch',
  params: {
    n_rows: 'u32',
    row_start: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
    stream: 'u32',
    ring_size: 'u32',
    noise: 'f32',
    mean_x: 'f32',
    mean_y: 'f32',
    std_x: 'f32',
    std_y: 'f32',
    n_classes: 'u32',
  },
  bindings: {
    step_state: { access: 'read', element: 'u32' },
    step_cursor: { access: 'read', element: 'u32' },
    state: { access: 'read_write', element: 'f32' },
    context: { access: 'read_write', element: 'f32', when: 'CLASSES' },
  },
  flags: ['CLASSES'],
  constants: ['SHAPE'],
} as const satisfies KernelSpec;

export interface ToyBatchArguments {
  rows: number;
  /** Index of the first row within the batch. */
  rowStart: number;
  seed: number;
  /** The density's number: `toyDensity(name).shape`. */
  shape: number;
  noise: number;
  /** One of STREAMS; training points and test points use different streams. */
  stream: number;
  /** Number of steps whose cursor is in `stepCursor`. */
  ringSize: number;
  stepState: string;
  stepCursor: string;
  state: string;
  /** Number of classes, if each point's class is wanted: it goes to `context`, one-hot. */
  classes?: number;
  context?: string;
}

// Box and Muller 51 for the pair, the point itself about 50, standardisation 4.
const FLOPS_PER_POINT = 105;

/**
 * Fresh points of a toy density, standardized; point i of a seed and stream is the same in every run.
 * @throws {ShapeError} for a bad seed, an unknown shape or a noise that the shape does not allow
 */
export function toyBatch(args: ToyBatchArguments): Dispatch {
  const { rows, shape, noise, classes = 0, context } = args;
  const [seedLow, seedHigh] = splitSeed(args.seed);
  const { dim, mean, std } = toyDensityOfShape(shape, { noise });
  const [meanX = NaN, meanY = NaN] = mean;
  const [stdX = NaN, stdY = NaN] = std;
  if (dim !== 2) throw new ShapeError('toy shape', String(shape), 'a density of the plane');
  return dispatchOf(toyBatchKernel, {
    params: {
      n_rows: rows,
      row_start: args.rowStart,
      seed_lo: seedLow,
      seed_hi: seedHigh,
      stream: args.stream,
      ring_size: args.ringSize,
      noise,
      mean_x: meanX,
      mean_y: meanY,
      std_x: stdX,
      std_y: stdY,
      n_classes: classes,
    },
    constants: { SHAPE: shape },
    flags: { CLASSES: context !== undefined },
    buffers: {
      step_state: args.stepState,
      step_cursor: args.stepCursor,
      state: args.state,
      ...(context === undefined ? {} : { context }),
    },
    workgroups: gridOf(rows),
    flops: FLOPS_PER_POINT * rows,
    bytes: 4 * (2 + classes) * rows,
  });
}
