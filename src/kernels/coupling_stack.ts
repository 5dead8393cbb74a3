/** What the launchers of the fused kernels share: a range of a stack's couplings as sizes, flags and params. */
import type { CouplingStack } from '../couplingStack.ts';
import { ceilDivide, roundUp } from '../shape.ts';
import { activationCode } from './activation.ts';
import { scaleBound, scaleMapCode } from './scale_map.ts';

/** Couplings of one dispatch: bits of the flips. */
export const MAX_COUPLINGS = 32;

/** Invocations of a workgroup of a fused kernel; shaders read it from shared/lanes.wgsl. */
export const FUSED_GROUP_SIZE = 16;

export const STACK_SIZES = [
  'N_DIM',
  'N_CONDITION',
  'N_TRANSFORM',
  'N_OUT',
  'N_NETS',
  'HIDDEN_0',
  'HIDDEN_1',
  'N_BLOCKS_0',
  'LANES',
] as const;

export interface StackRange {
  stack: CouplingStack;
  /** The couplings of this dispatch. */
  first: number;
  count: number;
  /** Lanes of a subgroup that share what they load: 4 or 8; 1 where there are no subgroups. */
  lanes: number;
}

/** Lanes that share the loads of four weights each: no more than a layer can feed. */
function feedingLanes({ stack, lanes }: StackRange): number {
  const padded = (count: number): number => roundUp(stack.hidden[0] ?? 0, 4 * count);
  return lanes === 8 && padded(4) < padded(8) ? 4 : lanes;
}

export function stackSizes(range: StackRange): Record<(typeof STACK_SIZES)[number], number> {
  const { stack } = range;
  const lanes = feedingLanes(range);
  const [hidden0 = 0, hidden1 = 1] = stack.hidden;
  return {
    N_DIM: stack.dim,
    N_CONDITION: stack.conditionCount,
    N_TRANSFORM: stack.transformCount,
    N_OUT: stack.netOutputs,
    N_NETS: stack.netCount,
    HIDDEN_0: hidden0,
    HIDDEN_1: hidden1,
    N_BLOCKS_0: ceilDivide(hidden0, 4 * lanes),
    LANES: lanes,
  };
}

export function stackFlags({ stack, lanes }: StackRange): {
  SUBGROUPS: boolean;
  ALIGNED: boolean;
  DEEP: boolean;
} {
  return { SUBGROUPS: lanes > 1, ALIGNED: isAligned(stack), DEEP: stack.hidden.length === 2 };
}

/** The parameters, under both names that shaders have for them where rows of weights begin at multiples of four. */
export function stackWeights({ stack, parameters }: { stack: CouplingStack; parameters: string }): {
  parameters: string;
  parameter_quads?: string;
} {
  return { parameters, ...(isAligned(stack) ? { parameter_quads: parameters } : {}) };
}

function isAligned({ hidden }: CouplingStack): boolean {
  return (hidden[0] ?? 0) % 4 === 0;
}

/** Whether φ(a) = φ′(a) a, so that sums over φ′ serve the gradients of both layers around it. */
export function isPiecewiseLinear({ activation }: CouplingStack): boolean {
  return activation === 'identity' || activation === 'relu' || activation === 'leaky_relu';
}

export function stackConstants({ stack }: StackRange): { ACTIVATION: number; SCALE_MAP: number } {
  return { ACTIVATION: activationCode(stack.activation), SCALE_MAP: scaleMapCode(stack.scale) };
}

/** @throws {RangeError} when the range is longer than the bits of `flips` */
export function stackParams({ stack, first, count }: StackRange): {
  n_couplings: number;
  flips: number;
  net_start: number;
  coupling_stride: number;
  net_stride: number;
  scale_bound: number;
} {
  if (count > MAX_COUPLINGS) throw new RangeError(`${count} couplings in one dispatch`);
  const flips = stack.flips
    .slice(first, first + count)
    .reduce((bits, flip, index) => bits + (flip ? 2 ** index : 0), 0);
  return {
    n_couplings: count,
    flips,
    net_start: stack.netStart + first * stack.couplingStride,
    coupling_stride: stack.couplingStride,
    net_stride: stack.netStride,
    scale_bound: scaleBound(stack.scale),
  };
}

/** Multiply-adds of the nets of the range for one row, twice. */
export function stackFlops({ stack, count }: StackRange): number {
  const widths = [stack.conditionCount, ...stack.hidden, stack.netOutputs];
  const perNet = widths.slice(1).reduce((sum, width, layer) => sum + width * (widths[layer] ?? 0), 0);
  return 2 * perNet * stack.netCount * count;
}

/** Bytes of the parameters of the range. */
export function stackBytes({ stack, count }: StackRange): number {
  return 4 * count * Math.max(stack.couplingStride, stack.netStride * stack.netCount);
}
