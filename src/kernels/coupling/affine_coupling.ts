import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import type { Checkerboard } from '../../model/image.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import { gridOf } from '../../plan/shape.ts';
import { CHECKERBOARD_PARAMS, checkerboardParams } from './checkerboard.ts';
import { scaleBound, scaleMapCode } from '../../model/scaleMap.ts';

export const affineCouplingKernel = {
  stem: 'affine_coupling',
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    scale_bound: 'f32',
    ...CHECKERBOARD_PARAMS,
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_scale: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE', 'SHIFT_FIRST', 'CHECKERBOARD'],
  constants: ['SCALE_MAP'],
} as const satisfies KernelSpec;

export interface AffineCouplingArguments {
  rows: number;
  /** Whether x₂ is computed from z₂. */
  inverse: boolean;
  blocks: CouplingBlocks;
  /** The pixels that condition, and stay as they are. */
  checkerboard?: Checkerboard;
  scale: ScaleMap;
  /** Whether t is added before the scale. */
  shiftFirst?: boolean;
  conditionerOutput: string;
  state: string;
  logScale: string;
}

/** The affine coupling z₂ = x₂ ⊙ exp(s) + t or its inverse, in place; s goes to `logScale`. */
export function affineCoupling(args: AffineCouplingArguments): Dispatch {
  const { rows, inverse, blocks, checkerboard, scale, shiftFirst = false } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(affineCouplingKernel, {
    params: {
      n_rows: rows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      scale_bound: scaleBound(scale),
      ...checkerboardParams(checkerboard),
    },
    flags: { INVERSE: inverse, SHIFT_FIRST: shiftFirst, CHECKERBOARD: checkerboard !== undefined },
    constants: { SCALE_MAP: scaleMapCode(scale) },
    buffers: {
      conditioner_output: args.conditionerOutput,
      state: args.state,
      log_scale: args.logScale,
    },
    workgroups: gridOf(elements),
    flops: 3 * elements,
    bytes: 4 * 5 * elements,
  });
}
