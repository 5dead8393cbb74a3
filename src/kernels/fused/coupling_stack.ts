/** Shared by the fused kernels' launchers: sizes, flags and params for a range of a stack's couplings. */
import { couplingOutputs, netInputs } from '../../model/couplingStack.ts';
import type { CouplingStack } from '../../model/couplingStack.ts';
import { ceilDivide, roundUp } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';
import { scaleBound, scaleMapCode } from '../../model/scaleMap.ts';

/** Maximum couplings of one dispatch: the number of bits of `flips`. */
export const MAX_COUPLINGS = 32;

/** Invocations of a workgroup of a fused kernel. */
export const FUSED_GROUP_SIZE = 16;

export const STACK_SIZES = [
  'N_DIM',
  'N_CONDITION',
  'N_CONTEXT',
  'N_INPUT',
  'N_TRANSFORM',
  'N_OUT',
  'N_NETS',
  'N_COUPLING_OUT',
  'HIDDEN_0',
  'HIDDEN_1',
  'HIDDEN_2',
  'N_KEPT_LAYERS',
  'N_BLOCKS_0',
  'N_BLOCKS_1',
  'LANES',
] as const;

export const STACK_FLAGS = ['SUBGROUPS', 'ALIGNED', 'HAS_HIDDEN_1', 'HAS_HIDDEN_2'] as const;

/** Flags of the kernels that run whole couplings. */
export const FLOW_FLAGS = [...STACK_FLAGS, 'HAS_CONTEXT', 'ADDITIVE', 'MIX'] as const;

/** The places of the first net's weights, and the strides to the next coupling and to the next net. */
export const NET_PLACES = { net_start: 'u32', coupling_stride: 'u32', net_stride: 'u32' } as const;

/** Bit k of `flips` is set if coupling k conditions on the last features. */
export const STACK_PARAMS = {
  n_couplings: 'u32',
  flips: 'u32',
  ...NET_PLACES,
  mix_start: 'u32',
  permutation_start: 'u32',
  permutation_stride: 'u32',
  scale_bound: 'f32',
} as const;

export interface StackRange {
  stack: CouplingStack;
  /** The couplings of this dispatch. */
  first: number;
  count: number;
  /** Subgroup lanes that share loaded values: 4 or 8; 1 without subgroups. */
  lanes: number;
}

/** Hidden layers that a net keeps complete, because another hidden layer reads them. */
function keptLayers({ hidden }: CouplingStack): readonly number[] {
  return hidden.slice(0, -1);
}

/** Lanes that share loads of four weights each, limited by the widths of the layers. */
function feedingLanes({ stack, lanes }: StackRange): number {
  const fed = stack.hidden.length === 1 ? stack.hidden : keptLayers(stack);
  const padded = (count: number): number => fed.reduce((sum, width) => sum + roundUp(width, 4 * count), 0);
  return lanes === 8 && padded(4) < padded(8) ? 4 : lanes;
}

export function stackSizes(range: StackRange): Record<(typeof STACK_SIZES)[number], number> {
  const { stack } = range;
  const lanes = feedingLanes(range);
  const [hidden0 = 0, hidden1 = 1, hidden2 = 1] = stack.hidden;
  return {
    N_DIM: stack.dim,
    N_CONDITION: stack.conditionCount,
    N_CONTEXT: stack.contextCount,
    N_INPUT: netInputs(stack),
    N_TRANSFORM: stack.transformCount,
    N_OUT: stack.netOutputs,
    N_NETS: stack.netCount,
    N_COUPLING_OUT: couplingOutputs(stack),
    HIDDEN_0: hidden0,
    HIDDEN_1: hidden1,
    HIDDEN_2: hidden2,
    N_KEPT_LAYERS: keptLayers(stack).length,
    N_BLOCKS_0: ceilDivide(hidden0, 4 * lanes),
    N_BLOCKS_1: ceilDivide(hidden1, 4 * lanes),
    LANES: lanes,
  };
}

export function stackFlags({ stack, lanes }: StackRange): Record<(typeof STACK_FLAGS)[number], boolean> {
  const layers = stack.hidden.length;
  return {
    SUBGROUPS: lanes > 1,
    ALIGNED: isAligned(stack),
    HAS_HIDDEN_1: layers > 1,
    HAS_HIDDEN_2: layers > 2,
  };
}

export function flowFlags(range: StackRange): Record<(typeof FLOW_FLAGS)[number], boolean> {
  const { contextCount, scale, mix } = range.stack;
  return {
    ...stackFlags(range),
    HAS_CONTEXT: contextCount > 0,
    ADDITIVE: scale === undefined,
    MIX: mix !== undefined,
  };
}

/** Hidden units per row on a tape of `count` couplings: all layers but the first. */
export function keptUnits({ netCount, hidden }: CouplingStack, count: number): number {
  return count * netCount * hidden.slice(1).reduce((sum, width) => sum + width, 0);
}

/**
 * Whether the gradients of two hidden layers are computed layer by layer. With one input those of the first layer come from
 * sums over pairs of units, whose number grows with the inputs.
 */
export function goesByLayers(stack: CouplingStack): boolean {
  return stack.hidden.length === 2 && netInputs(stack) > 1;
}

/** Widths of the last hidden layer but one, and of the last. */
export function upperWidths({ hidden }: CouplingStack): { middle: number; last: number } {
  const [middle = 0, last = 0] = hidden.slice(-2);
  return { middle, last };
}

/** The parameters; also under their quad name in shaders, if rows of weights begin at multiples of four. */
export function stackWeights({ stack, parameters }: { stack: CouplingStack; parameters: string }): {
  parameters: string;
  parameter_quads?: string;
} {
  return { parameters, ...(isAligned(stack) ? { parameter_quads: parameters } : {}) };
}

/** The context, for stacks whose nets read one. */
export function contextOf({ stack, context }: { stack: CouplingStack; context?: string | undefined }): {
  context?: string;
} {
  return stack.contextCount > 0 && context !== undefined ? { context } : {};
}

/** Outputs of a net that one invocation keeps, and invocations that share them all. */
export function ownOutputs({ netOutputs }: CouplingStack, most: number): { each: number; shares: number } {
  const each = Math.min(netOutputs, most);
  return { each, shares: ceilDivide(netOutputs, each) };
}

function isAligned(stack: CouplingStack): boolean {
  return [stack.hidden[0] ?? 0, ...keptLayers(stack)].every((width) => width % 4 === 0);
}

/** Whether φ(a) = φ′(a) a, so that sums over φ′ serve the gradients of both layers around it. */
export function isPiecewiseLinear({ activation }: CouplingStack): boolean {
  return activation === 'identity' || activation === 'relu' || activation === 'leaky_relu';
}

export function stackConstants({ stack: { activation, scale } }: StackRange): {
  ACTIVATION: number;
  SCALE_MAP: number;
} {
  return { ACTIVATION: activationCode(activation), SCALE_MAP: scale === undefined ? 0 : scaleMapCode(scale) };
}

export function netPlaces({
  stack,
  first,
}: Pick<StackRange, 'stack' | 'first'>): Record<keyof typeof NET_PLACES, number> {
  return {
    net_start: stack.netStart + first * stack.couplingStride,
    coupling_stride: stack.couplingStride,
    net_stride: stack.netStride,
  };
}

/** The places of the tensors before the first coupling of the range; zeros if there are none. */
export function mixPlaces({
  stack: { mix, couplingStride, permutationStride },
  first,
}: Pick<StackRange, 'stack' | 'first'>): Record<
  'mix_start' | 'permutation_start' | 'permutation_stride',
  number
> {
  return {
    mix_start: mix === undefined ? 0 : mix.start + first * couplingStride,
    permutation_start: mix === undefined ? 0 : mix.permutation + first * permutationStride,
    permutation_stride: permutationStride,
  };
}

/** @throws {RangeError} when the range is longer than the bits of `flips` */
export function stackParams(range: StackRange): Record<keyof typeof STACK_PARAMS, number> {
  const { stack, first, count } = range;
  if (count > MAX_COUPLINGS) throw new RangeError(`${count} couplings in one dispatch`);
  const flips = stack.flips
    .slice(first, first + count)
    .reduce((bits, flip, index) => bits + (flip ? 2 ** index : 0), 0);
  return {
    n_couplings: count,
    flips,
    ...netPlaces(range),
    ...mixPlaces(range),
    scale_bound: scaleBoundOf(stack),
  };
}

function scaleBoundOf({ scale }: CouplingStack): number {
  return scale === undefined ? 1 : scaleBound(scale);
}

/** FLOPs of the range's nets for one row, 2 per multiply-add; only layers [from, to) if given. */
export function stackFlops({ stack, count }: StackRange, from = 0, to = Infinity): number {
  const widths = [netInputs(stack), ...stack.hidden, stack.netOutputs];
  const layers = widths.slice(1).map((width, layer) => width * (widths[layer] ?? 0));
  return 2 * layers.slice(from, to).reduce((sum, weights) => sum + weights, 0) * stack.netCount * count;
}

/** Bytes of the parameters of the range. */
export function stackBytes({ stack, count }: StackRange): number {
  return 4 * count * Math.max(stack.couplingStride, stack.netStride * stack.netCount);
}
