import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs, netInputs } from '../../model/couplingStack.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf, roundUp } from '../../plan/shape.ts';
import {
  FUSED_GROUP_SIZE,
  isPiecewiseLinear,
  goesByLayers,
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

/** Units of the upper hidden layer whose weights one invocation owns: with sums over pairs, and without. */
const UPPER_UNITS = 2;
const UPPER_UNITS_ALONE = 4;

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
    partials: { access: 'read_write', element: 'f32', when: 'PAIRS' },
  },
  flags: [...STACK_FLAGS, 'PAIRS', 'FROM_PAIRS'],
  constants: ['ACTIVATION'],
  sizes: [...STACK_SIZES, 'N_UPPER', 'N_GROUP'],
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
  /** Receives `deepPartials` partial sums for `deepWeightReduce`, if there are any. */
  partials?: string;
}

function upperUnits(stack: CouplingStack): number {
  return goesByLayers(stack) ? UPPER_UNITS_ALONE : UPPER_UNITS;
}

/** Invocations that own all lower units, in whole subgroups; at most the usual workgroup. */
function groupSize({ stack, lanes }: StackRange): number {
  return Math.min(FUSED_GROUP_SIZE, roundUp(ceilDivide(stack.hidden[0] ?? 0, 4), lanes));
}

/** Blocks of upper units, each with partial sums for the first layer. */
export function upperBlocks(stack: CouplingStack): number {
  return ceilDivide(stack.hidden[1] ?? 0, upperUnits(stack));
}

/** Elements of the partial sums of `count` couplings; none if the first layer's gradients come from its own. */
export function deepPartials(stack: CouplingStack, count: number): number {
  if (goesByLayers(stack)) return 0;
  return count * stack.netCount * upperBlocks(stack) * (netInputs(stack) + 1) * (stack.hidden[0] ?? 0);
}

/**
 * Gradients for a range of couplings whose nets have two hidden layers, or for the two lower layers of three.
 * Covers all weights and biases but the first layer's, which `deepWeightReduce` or `firstBackwardWeight` adds up.
 */
export function deepBackwardWeight(args: DeepBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const quads = quadsOf(rows);
  const nets = count * stack.netCount;
  const flags = stackFlags(args);
  const pairs = !goesByLayers(stack);
  const group = groupSize(args);
  const outputs = flags.HAS_HIDDEN_2 ? 0 : couplingOutputs(stack);
  const taped = count * (netInputs(stack) + outputs) + nets * (stack.hidden[1] ?? 0);
  return dispatchOf(deepBackwardWeightKernel, {
    params: { n_quads: quads, n_couplings: args.count, ...netPlaces(args) },
    flags: {
      ...flags,
      PAIRS: pairs,
      FROM_PAIRS: pairs && isPiecewiseLinear(stack),
    },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: { ...stackSizes(args), N_UPPER: upperUnits(stack), N_GROUP: group },
    buffers: {
      ...stackWeights(args),
      conditions: args.conditions,
      d_outputs: args.dOutputs,
      hiddens: args.hiddens,
      gradients: args.gradients,
      ...(pairs ? { partials: args.partials } : {}),
    },
    workgroups: [ceilDivide(stack.hidden[0] ?? 0, 4 * group), upperBlocks(stack), nets],
    flops: (pairs ? 1 + netInputs(stack) : 1) * stackFlops(args, 0, flags.HAS_HIDDEN_2 ? 2 : 3) * rows,
    bytes: 3 * stackBytes(args) + 4 * (rows * taped + deepPartials(stack, count)),
  });
}
