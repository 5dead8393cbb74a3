import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
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
import type { CouplingStack } from '../../model/couplingStack.ts';

/** Units of the upper hidden layer whose weights one invocation owns. */
const UPPER_UNITS = 2;

export const deepBackwardWeightKernel = {
  stem: 'deep_backward_weight',
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
    hiddens: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
    partials: { access: 'read_write', element: 'f32' },
  },
  flags: [...STACK_FLAGS, 'PIECEWISE_LINEAR'],
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_UPPER'],
} as const satisfies KernelSpec;

export interface DeepBackwardWeightArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range; with three hidden layers `hiddens` from `upperBackwardInput`. */
  conditions: string;
  dOutputs: string;
  hiddens: string;
  gradients: string;
  /** Receives `deepPartials` partial sums for `deepWeightReduce`. */
  partials: string;
}

/** Blocks of upper units, each with partial sums for the first layer. */
export function upperBlocks(stack: CouplingStack): number {
  return ceilDivide(stack.hidden[1] ?? 0, UPPER_UNITS);
}

/** Elements of the partial sums of `count` couplings. */
export function deepPartials(stack: CouplingStack, count: number): number {
  return count * stack.netCount * upperBlocks(stack) * (stack.conditionCount + 1) * (stack.hidden[0] ?? 0);
}

/**
 * Gradients for a range of couplings whose nets have two hidden layers, or for the two lower layers of three.
 * Covers all weights and biases but the first layer's, which `deepWeightReduce` adds up.
 */
export function deepBackwardWeight(args: DeepBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const quads = quadsOf(rows);
  const nets = count * stack.netCount;
  const flags = stackFlags(args);
  const outputs = flags.HAS_HIDDEN_2 ? 0 : 2 * stack.transformCount;
  const taped = count * (stack.conditionCount + outputs) + nets * (stack.hidden[1] ?? 0);
  return dispatchOf(deepBackwardWeightKernel, {
    params: { n_quads: quads, n_couplings: args.count, ...netPlaces(args) },
    flags: {
      ...flags,
      PIECEWISE_LINEAR: isPiecewiseLinear(stack),
    },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: { ...stackSizes(args), N_UPPER: UPPER_UNITS },
    buffers: {
      ...stackWeights(args),
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      hiddens: args.hiddens,
      gradients: args.gradients,
      partials: args.partials,
    },
    workgroups: [ceilDivide(stack.hidden[0] ?? 0, 4 * FUSED_GROUP_SIZE), upperBlocks(stack), nets],
    flops: (1 + stack.conditionCount) * stackFlops(args, 0, flags.HAS_HIDDEN_2 ? 2 : 3) * rows,
    bytes: 3 * stackBytes(args) + 4 * (rows * taped + deepPartials(stack, count)),
  });
}
