import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import type { Checkerboard } from '../../model/image.ts';
import { gridOf } from '../../plan/shape.ts';
import { CHECKERBOARD_PARAMS, checkerboardParams } from './checkerboard.ts';
import { scaleBound, scaleMapCode } from '../../model/scaleMap.ts';

export const affineCouplingBackwardKernel = {
  stem: 'affine_coupling_backward',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    scale_bound: 'f32',
    d_log_det: 'f32',
    ...CHECKERBOARD_PARAMS,
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    d_conditioner_output: { access: 'read_write', element: 'f32' },
  },
  flags: ['SHIFT_FIRST', 'CHECKERBOARD'],
  constants: ['SCALE_MAP'],
} as const satisfies KernelSpec;

export interface AffineCouplingBackwardArguments {
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  blocks: CouplingBlocks;
  /** The pixels that condition, and stay as they are. */
  checkerboard?: Checkerboard;
  scale: ScaleMap;
  /** Whether t is added before the scale. */
  shiftFirst?: boolean;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  conditionerOutput: string;
  state: string;
  dState: string;
  dConditionerOutput: string;
}

/** Rebuilds the coupling's input from its output and pulls the gradient back to x₂, a and t. */
export function affineCouplingBackward(args: AffineCouplingBackwardArguments): Dispatch {
  const { rows, blocks, checkerboard, scale, shiftFirst = false } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(affineCouplingBackwardKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: args.validRows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      scale_bound: scaleBound(scale),
      d_log_det: args.dLogDet,
      ...checkerboardParams(checkerboard),
    },
    flags: { SHIFT_FIRST: shiftFirst, CHECKERBOARD: checkerboard !== undefined },
    constants: { SCALE_MAP: scaleMapCode(scale) },
    buffers: {
      conditioner_output: args.conditionerOutput,
      state: args.state,
      d_state: args.dState,
      d_conditioner_output: args.dConditionerOutput,
    },
    workgroups: gridOf(elements),
    flops: 8 * elements,
    bytes: 4 * 8 * elements,
  });
}
