import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { foldedGroups } from '../../plan/shape.ts';

export const rowGradientReduceKernel = {
  stem: 'row_gradient_reduce',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_elements: 'u32',
    row_element: 'u32',
    gradient_start: 'u32',
  },
  bindings: {
    d_rows: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface RowGradientReduceArguments {
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  tensor: TensorSlot;
  /** [elements of the tensor, rows], starting at `firstElement`. */
  dRows: string;
  /** Default 0. */
  firstElement?: number;
  gradients: string;
}

/** Adds each row's gradient of a tensor shared by all rows to the batch's gradient. */
export function rowGradientReduce(args: RowGradientReduceArguments): Dispatch {
  const { rows, validRows, tensor } = args;
  return dispatchOf(rowGradientReduceKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: validRows,
      n_elements: tensor.length,
      row_element: args.firstElement ?? 0,
      gradient_start: tensor.offset,
    },
    buffers: { d_rows: args.dRows, gradients: args.gradients },
    workgroups: foldedGroups(tensor.length),
    flops: tensor.length * validRows,
    bytes: 4 * tensor.length * (validRows + 2),
  });
}
