import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const peakLaunchKernel = {
  stem: 'peak_launch',
  params: {
    n_elements: 'u32',
  },
  bindings: {
    output: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface PeakLaunchArguments {
  /** 0 for a dispatch that does nothing. */
  elements: number;
  output: string;
}

/** Writes ones: for 0 elements, one workgroup that does nothing. */
export function peakLaunch({ elements, output }: PeakLaunchArguments): Dispatch {
  return dispatchOf(peakLaunchKernel, {
    params: { n_elements: elements },
    buffers: { output },
    workgroups: gridOf(Math.max(1, elements)),
    flops: 0,
    bytes: 4 * elements,
  });
}
