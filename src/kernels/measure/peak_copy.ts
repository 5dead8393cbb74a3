import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf, quadsOf } from '../../plan/shape.ts';

export const peakCopyKernel = {
  stem: 'peak_copy',
  params: {
    n_elements: 'u32',
  },
  bindings: {
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
  },
  flags: ['VEC4'],
  sizes: ['PER_INVOCATION'],
} as const satisfies KernelSpec;

/** The layout of the copy. */
export interface CopyShape {
  /** Loads and stores per invocation. */
  perInvocation: number;
  /** Whether to copy four numbers at once. */
  vec4: boolean;
}

export interface PeakCopyArguments extends CopyShape {
  /** A multiple of 4. */
  elements: number;
  input: string;
  output: string;
}

/** Copies `input` to `output`. */
export function peakCopy(args: PeakCopyArguments): Dispatch {
  const { elements, perInvocation, vec4 } = args;
  const pieces = vec4 ? quadsOf(elements) : elements;
  return dispatchOf(peakCopyKernel, {
    params: { n_elements: elements },
    flags: { VEC4: vec4 },
    sizes: { PER_INVOCATION: perInvocation },
    buffers: { input: args.input, output: args.output },
    workgroups: gridOf(ceilDivide(pieces, perInvocation)),
    flops: 0,
    bytes: 8 * elements,
  });
}
