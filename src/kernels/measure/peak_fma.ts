import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const peakFmaKernel = {
  stem: 'peak_fma',
  params: {
    n_invocations: 'u32',
    n_rounds: 'u32',
    factor: 'f32',
    offset: 'f32',
  },
  bindings: {
    output: { access: 'read_write', element: 'f32' },
  },
  flags: ['VEC4', 'FUSED'],
  sizes: ['CHAINS', 'UNROLL'],
} as const satisfies KernelSpec;

/** The layout of the arithmetic. */
export interface FmaShape {
  /** Independent chains per invocation. */
  chains: number;
  /** Links of each chain per iteration of the loop. */
  unroll: number;
  /** Whether each chain has four numbers. */
  vec4: boolean;
  /** Whether to use `fma()`; otherwise a product and a sum, which the driver may fuse. */
  fused: boolean;
}

export interface PeakFmaArguments extends FmaShape {
  invocations: number;
  rounds: number;
  output: string;
}

/** Independent chains of multiply-adds. */
export function peakFma(args: PeakFmaArguments): Dispatch {
  const { invocations, rounds, chains, unroll, vec4, fused } = args;
  return dispatchOf(peakFmaKernel, {
    params: { n_invocations: invocations, n_rounds: rounds, factor: 0.5, offset: 0.5 },
    flags: { VEC4: vec4, FUSED: fused },
    sizes: { CHAINS: chains, UNROLL: unroll },
    buffers: { output: args.output },
    workgroups: gridOf(invocations),
    flops: 2 * (vec4 ? 4 : 1) * chains * unroll * rounds * invocations,
    bytes: 4 * invocations,
  });
}
