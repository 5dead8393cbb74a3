import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';

export const stepRecordKernel = {
  stem: 'step_record',
  params: {
    n_rows: 'u32',
    ring_size: 'u32',
  },
  bindings: {
    step_sums: { access: 'read', element: 'f32' },
    step_state: { access: 'read_write', element: 'u32' },
    step_losses: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface StepRecordArguments {
  rows: number;
  ringSize: number;
  stepSums: string;
  stepState: string;
  stepLosses: string;
}

/** Writes the step's mean NLL (nats) and gradient norm into the ring and advances the step counter. */
export function stepRecord(args: StepRecordArguments): Dispatch {
  return dispatchOf(stepRecordKernel, {
    params: { n_rows: args.rows, ring_size: args.ringSize },
    buffers: {
      step_sums: args.stepSums,
      step_state: args.stepState,
      step_losses: args.stepLosses,
    },
    workgroups: [1, 1, 1],
    flops: 2,
    bytes: 24,
  });
}
