import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import type { Checkerboard } from '../../model/image.ts';
import { gridOf } from '../../plan/shape.ts';
import { CHECKERBOARD_PARAMS, checkerboardParams } from './checkerboard.ts';

export const additiveCouplingKernel = {
  stem: 'additive_coupling',
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    sign: 'f32',
    ...CHECKERBOARD_PARAMS,
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read', element: 'f32', when: 'GRADIENT' },
    d_conditioner_output: { access: 'read_write', element: 'f32', when: 'GRADIENT' },
  },
  flags: ['CHECKERBOARD', 'GRADIENT'],
} as const satisfies KernelSpec;

export interface AdditiveCouplingArguments {
  rows: number;
  blocks: CouplingBlocks;
  /** The pixels that condition, and stay as they are. */
  checkerboard?: Checkerboard;
  /** +1 for the forward map, −1 for the inverse. */
  sign: 1 | -1;
  conditionerOutput: string;
  state: string;
  /** If both are given, `dConditionerOutput` receives the gradient of t from the one of z₂ in `dState`. */
  gradient?: { dState: string; dConditionerOutput: string };
}

/** The additive coupling z₂ = x₂ + t, or x₂ = z₂ − t, in place. */
export function additiveCoupling(args: AdditiveCouplingArguments): Dispatch {
  const { rows, blocks, checkerboard, gradient } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(additiveCouplingKernel, {
    params: {
      n_rows: rows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      sign: args.sign,
      ...checkerboardParams(checkerboard),
    },
    flags: { CHECKERBOARD: checkerboard !== undefined, GRADIENT: gradient !== undefined },
    buffers: {
      conditioner_output: args.conditionerOutput,
      state: args.state,
      ...(gradient && { d_state: gradient.dState, d_conditioner_output: gradient.dConditionerOutput }),
    },
    workgroups: gridOf(elements),
    flops: 2 * elements,
    bytes: 4 * (gradient === undefined ? 3 : 5) * elements,
  });
}
