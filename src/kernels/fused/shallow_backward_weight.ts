import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs, netInputs } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  FUSED_GROUP_SIZE,
  isPiecewiseLinear,
  NET_PLACES,
  netPlaces,
  STACK_FLAGS,
  STACK_SIZES,
  stackBytes,
  stackConstants,
  stackFlags,
  stackFlops,
  stackSizes,
  stackWeights,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

export const shallowBackwardWeightKernel = {
  stem: 'shallow_backward_weight',
  params: {
    n_quads: 'u32',
    n_couplings: 'u32',
    ...NET_PLACES,
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    conditions: { access: 'read', element: 'f32' },
    d_outputs: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: [...STACK_FLAGS, 'PIECEWISE_LINEAR'],
  constants: ['ACTIVATION'],
  sizes: STACK_SIZES,
} as const satisfies KernelSpec;

export interface ShallowBackwardWeightArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  conditions: string;
  dOutputs: string;
  gradients: string;
}

/** Gradients of all weights and biases of a range of couplings whose nets have one hidden layer. */
export function shallowBackwardWeight(args: ShallowBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const quads = quadsOf(rows);
  const taped = count * (netInputs(stack) + couplingOutputs(stack));
  return dispatchOf(shallowBackwardWeightKernel, {
    params: { n_quads: quads, n_couplings: args.count, ...netPlaces(args) },
    flags: { ...stackFlags(args), PIECEWISE_LINEAR: isPiecewiseLinear(stack) },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: stackSizes(args),
    buffers: {
      ...stackWeights(args),
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      gradients: args.gradients,
    },
    workgroups: [ceilDivide(stack.hidden[0] ?? 0, 4 * FUSED_GROUP_SIZE), count * stack.netCount, 1],
    flops: 3 * stackFlops(args) * rows,
    bytes: 3 * stackBytes(args) + 4 * rows * taped,
  });
}
