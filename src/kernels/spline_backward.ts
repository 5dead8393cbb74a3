import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { CouplingBlocks } from '../spec.ts';
import { gridOf } from '../shape.ts';
import { rawCount, splineFlops } from './spline_forward.ts';

export const splineBackwardKernel = {
  stem: 'spline_backward',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    bound: 'f32',
    d_log_det: 'f32',
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    d_conditioner_output: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies KernelSpec;

export interface SplineBackwardArguments {
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  blocks: CouplingBlocks;
  bins: number;
  bound: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  conditionerOutput: string;
  state: string;
  dState: string;
  dConditionerOutput: string;
}

/** Rebuilds x₂ from z₂ = spline(x₂) and pulls the gradient back to x₂ and to the raw numbers. */
export function splineBackward(args: SplineBackwardArguments): Dispatch {
  const { rows, blocks, bins } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(splineBackwardKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: args.validRows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      bound: args.bound,
      d_log_det: args.dLogDet,
    },
    sizes: { BINS: bins },
    buffers: {
      conditioner_output: args.conditionerOutput,
      state: args.state,
      d_state: args.dState,
      d_conditioner_output: args.dConditionerOutput,
    },
    workgroups: gridOf(elements),
    flops: elements * (splineFlops(bins) + 12 * bins + 60),
    bytes: 4 * elements * (2 * rawCount(bins) + 4),
  });
}
