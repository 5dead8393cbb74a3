import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const logDetStartKernel = {
  stem: 'log_det_start',
  params: { n_rows: 'u32' },
  bindings: { log_det: { access: 'read_write', element: 'f32' } },
} as const satisfies KernelSpec;

/** Sets logDet = 0 per row, if no bijector sets it. */
export function logDetStart({ rows, logDet }: { rows: number; logDet: string }): Dispatch {
  return dispatchOf(logDetStartKernel, {
    params: { n_rows: rows },
    buffers: { log_det: logDet },
    workgroups: gridOf(rows),
    flops: 0,
    bytes: 4 * rows,
  });
}
