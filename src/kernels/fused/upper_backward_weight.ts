import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingOutputs, netInputs } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import {
  keptUnits,
  NET_PLACES,
  netPlaces,
  stackBytes,
  stackConstants,
  stackFlops,
} from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

/** Units of the middle and of the last hidden layer whose weights one workgroup owns. */
const MIDDLE_UNITS = 8;
const LAST_UNITS = 4;

export const upperBackwardWeightKernel = {
  stem: 'upper_backward_weight',
  params: {
    n_quads: 'u32',
    n_couplings: 'u32',
    ...NET_PLACES,
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    d_outputs: { access: 'read', element: 'f32' },
    hiddens: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['SUBGROUPS', 'HAS_HIDDEN_1', 'HAS_HIDDEN_2'],
  constants: ['ACTIVATION'],
  sizes: [
    'N_INPUT',
    'N_OUT',
    'N_NETS',
    'HIDDEN_0',
    'HIDDEN_1',
    'HIDDEN_2',
    'LANES',
    'N_MIDDLE_UNITS',
    'N_LAST_UNITS',
  ],
} as const satisfies KernelSpec;

export interface UpperBackwardWeightArguments extends StackRange {
  /** A multiple of 4. */
  rows: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  dOutputs: string;
  hiddens: string;
  gradients: string;
}

/** Gradients of the last hidden layer and the outputs of a range of couplings whose nets have three hidden layers. */
export function upperBackwardWeight(args: UpperBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const [lower = 0, middle = 0, last = 0] = stack.hidden;
  const taped = count * couplingOutputs(stack) + keptUnits(stack, count);
  return dispatchOf(upperBackwardWeightKernel, {
    params: { n_quads: quadsOf(rows), n_couplings: args.count, ...netPlaces(args) },
    flags: { SUBGROUPS: args.lanes > 1, HAS_HIDDEN_1: true, HAS_HIDDEN_2: true },
    constants: { ACTIVATION: stackConstants(args).ACTIVATION },
    sizes: {
      N_INPUT: netInputs(stack),
      N_OUT: stack.netOutputs,
      N_NETS: stack.netCount,
      HIDDEN_0: lower,
      HIDDEN_1: middle,
      HIDDEN_2: last,
      LANES: args.lanes,
      N_MIDDLE_UNITS: MIDDLE_UNITS,
      N_LAST_UNITS: LAST_UNITS,
    },
    buffers: {
      parameters: args.parameters,
      d_outputs: args.dOutputs,
      hiddens: args.hiddens,
      gradients: args.gradients,
    },
    workgroups: [ceilDivide(middle, MIDDLE_UNITS), ceilDivide(last, LAST_UNITS), count * stack.netCount],
    flops: (stackFlops(args, 2) + stackFlops(args, 3)) * rows,
    bytes: 2 * stackBytes(args) + 4 * rows * taped,
  });
}
