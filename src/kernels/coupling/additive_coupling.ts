import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import { gridOf } from '../../plan/shape.ts';

export const additiveCouplingKernel = {
  stem: 'additive_coupling',
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    sign: 'f32',
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface AdditiveCouplingArguments {
  rows: number;
  blocks: CouplingBlocks;
  /** +1 for the forward map, −1 for the inverse. */
  sign: 1 | -1;
  conditionerOutput: string;
  state: string;
}

/** The additive coupling z₂ = x₂ + t, or x₂ = z₂ − t, in place. */
export function additiveCoupling(args: AdditiveCouplingArguments): Dispatch {
  const { rows, blocks } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(additiveCouplingKernel, {
    params: {
      n_rows: rows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      sign: args.sign,
    },
    buffers: { conditioner_output: args.conditionerOutput, state: args.state },
    workgroups: gridOf(elements),
    flops: 2 * elements,
    bytes: 4 * 3 * elements,
  });
}
