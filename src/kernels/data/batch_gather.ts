import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { splitSeed } from '../../random.ts';
import { gridOf } from '../../plan/shape.ts';

export const batchGatherKernel = {
  stem: 'batch_gather',
  params: {
    n_rows: 'u32',
    row_start: 'u32',
    n_features: 'u32',
    n_data: 'u32',
    segment_start: 'u32',
    segment_rows: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
    ring_size: 'u32',
  },
  bindings: {
    step_state: { access: 'read', element: 'u32' },
    step_cursor: { access: 'read', element: 'u32' },
    dataset: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    widths: { access: 'read', element: 'f32', when: 'WIDTHS' },
    bounds: { access: 'read', element: 'u32', when: 'WEIGHTED' },
  },
  flags: ['WIDTHS', 'WEIGHTED'],
} as const satisfies KernelSpec;

export interface BatchGatherArguments {
  rows: number;
  /** Index of the first row within the batch. */
  rowStart: number;
  features: number;
  /** Rows of the whole data set, below 2^32. */
  dataRows: number;
  /** The range of data set rows in the buffer `dataset`. */
  segmentStart: number;
  segmentRows: number;
  seed: number;
  /** Number of steps whose cursor is in `stepCursor`. */
  ringSize: number;
  stepState: string;
  stepCursor: string;
  dataset: string;
  /** The widths of the cells, if some are intervals rather than values (src/data/cells.ts). */
  widths?: string;
  state: string;
  /** The bounds of weighted rows: see `weightBounds`. */
  bounds?: string;
}

/**
 * Gathers the rows of this step's batch, reshuffled in each epoch, that lie in the given segment of the data
 * set. One dispatch per segment fills the batch. Cells with a width are drawn anew in each epoch.
 * @throws {ShapeError} for a bad seed
 */
export function batchGather(args: BatchGatherArguments): Dispatch {
  const [seedLow, seedHigh] = splitSeed(args.seed);
  const { widths } = args;
  const copied = Math.round((args.rows * args.features * args.segmentRows) / args.dataRows);
  return dispatchOf(batchGatherKernel, {
    params: {
      n_rows: args.rows,
      row_start: args.rowStart,
      n_features: args.features,
      n_data: args.dataRows,
      segment_start: args.segmentStart,
      segment_rows: args.segmentRows,
      seed_lo: seedLow,
      seed_hi: seedHigh,
      ring_size: args.ringSize,
    },
    buffers: {
      step_state: args.stepState,
      step_cursor: args.stepCursor,
      dataset: args.dataset,
      state: args.state,
      ...(widths === undefined ? {} : { widths }),
      ...(args.bounds === undefined ? {} : { bounds: args.bounds }),
    },
    flags: { WIDTHS: widths !== undefined, WEIGHTED: args.bounds !== undefined },
    workgroups: gridOf(args.rows),
    flops: 0,
    bytes: 4 * (widths === undefined ? 2 : 3) * copied,
  });
}
