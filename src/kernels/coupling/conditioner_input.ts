import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import { gridOf } from '../../plan/shape.ts';

export const conditionerInputKernel = {
  stem: 'conditioner_input',
  params: {
    n_rows: 'u32',
    n_condition: 'u32',
    n_context: 'u32',
    condition_start: 'u32',
  },
  bindings: {
    state: { access: 'read', element: 'f32' },
    context: { access: 'read', element: 'f32' },
    conditioner_input: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface ConditionerInputArguments {
  rows: number;
  blocks: CouplingBlocks;
  /** Number of context features. */
  contextCount: number;
  state: string;
  context: string;
  conditionerInput: string;
}

/** [x₁; c]: the conditioning block of the state next to the context, for the first layer of a net. */
export function conditionerInput(args: ConditionerInputArguments): Dispatch {
  const { rows, blocks, contextCount } = args;
  const elements = rows * (blocks.conditionCount + contextCount);
  return dispatchOf(conditionerInputKernel, {
    params: {
      n_rows: rows,
      n_condition: blocks.conditionCount,
      n_context: contextCount,
      condition_start: blocks.conditionStart,
    },
    buffers: { state: args.state, context: args.context, conditioner_input: args.conditionerInput },
    workgroups: gridOf(elements),
    flops: 0,
    bytes: 4 * 2 * elements,
  });
}
