import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const traceRecordKernel = {
  stem: 'trace_record',
  params: { n_rows: 'u32', n_features: 'u32', place: 'u32' },
  bindings: {
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32', when: 'LOG_DET' },
    states: { access: 'read_write', element: 'f32' },
    log_dets: { access: 'read_write', element: 'f32', when: 'LOG_DET' },
  },
  flags: ['LOG_DET'],
} as const satisfies KernelSpec;

export interface TraceRecordArguments {
  rows: number;
  features: number;
  /** Count of bijectors that the rows have passed; if 0, there is no log-det to store. */
  place: number;
  state: string;
  logDet: string;
  /** [place, features, rows] */
  states: string;
  /** [place − 1, rows] */
  logDets: string;
}

/** states[place] = state and, after a bijector, logDets[place − 1] = logDet. */
export function traceRecord(args: TraceRecordArguments): Dispatch {
  const { rows, features, place } = args;
  const follows = place > 0;
  return dispatchOf(traceRecordKernel, {
    params: { n_rows: rows, n_features: features, place },
    flags: { LOG_DET: follows },
    buffers: {
      state: args.state,
      states: args.states,
      ...(follows ? { log_det: args.logDet, log_dets: args.logDets } : {}),
    },
    workgroups: gridOf(rows),
    flops: 0,
    bytes: 4 * 2 * rows * (features + (follows ? 1 : 0)),
  });
}
