import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';
import { DENSE_FORWARD, forwardLaunch } from './dense_forward.ts';
import type { DenseForwardArguments } from './dense_forward.ts';
import { KEPT_SIZES, keptSizes, streamedRanges } from './kept_product.ts';

export const denseForwardStreamedKernel = {
  stem: 'dense_forward_streamed',
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    n_range: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
    bias_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED', f16When: 'F16' },
    input: { access: 'read', element: 'f32', f16When: 'F16_INPUT' },
    output: { access: 'read_write', element: 'f32', f16When: 'F16_OUTPUT' },
    derivative: { access: 'read_write', element: 'f32', when: 'STORE_DERIVATIVE', f16When: 'F16_OUTPUT' },
    sums: { access: 'read_write', element: 'f32', when: 'F16_OUTPUT' },
  },
  flags: ['SUBGROUPS', 'ALIGNED', ...DENSE_FORWARD.flags],
  constants: ['ACTIVATION'],
  sizes: KEPT_SIZES,
} as const satisfies KernelSpec;

export interface DenseForwardStreamedArguments extends DenseForwardArguments {
  lanes: number;
  /** [outputs, rows] f32, for intermediate sums if the output has half precision. */
  sums?: string;
}

/** Like `denseForward`, with the inputs of a quad of rows in registers; `lanes` share the loads of weights. */
export function denseForwardStreamed(args: DenseForwardStreamedArguments): Dispatch {
  const { rows, layer, lanes, sums, parameters } = args;
  const { range, workgroups } = streamedRanges(quadsOf(rows), layer.outputs);
  const isAligned = layer.inputs % 4 === 0;
  const launch = forwardLaunch(args);
  return dispatchOf(denseForwardStreamedKernel, {
    ...launch,
    params: { ...launch.params, n_range: range },
    flags: { SUBGROUPS: lanes > 1, ALIGNED: isAligned, ...launch.flags },
    constants: { ACTIVATION: activationCode(args.activation) },
    sizes: keptSizes(layer.inputs, lanes),
    buffers: {
      ...launch.buffers,
      ...(isAligned ? { parameter_quads: parameters } : {}),
      ...(sums === undefined ? {} : { sums }),
    },
    workgroups,
  });
}
