import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { CouplingBlocks } from '../spec.ts';
import { gridOf } from '../shape.ts';
import { shiftBoundOf, shiftMapCode } from './shift_map.ts';

export const couplingShiftBackwardKernel = {
  stem: 'coupling_shift_backward',
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    shift_bound: 'f32',
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    d_state: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_conditioner_output: { access: 'read_write', element: 'f32' },
  },
  constants: ['SHIFT_BOUNDED'],
} as const satisfies KernelSpec;

export interface CouplingShiftBackwardArguments {
  rows: number;
  blocks: CouplingBlocks;
  shiftBound: number;
  conditionerOutput: string;
  state: string;
  dState: string;
  dConditionerOutput: string;
}

/** Rebuilds the input of an additive coupling with a bounded shift and pulls the gradient back to its net. */
export function couplingShiftBackward(args: CouplingShiftBackwardArguments): Dispatch {
  const { rows, blocks, shiftBound } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(couplingShiftBackwardKernel, {
    params: {
      n_rows: rows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      shift_bound: shiftBoundOf(shiftBound),
    },
    constants: { SHIFT_BOUNDED: shiftMapCode(shiftBound) },
    buffers: {
      conditioner_output: args.conditionerOutput,
      d_state: args.dState,
      state: args.state,
      d_conditioner_output: args.dConditionerOutput,
    },
    workgroups: gridOf(elements),
    flops: 2 * elements,
    bytes: 4 * 5 * elements,
  });
}
