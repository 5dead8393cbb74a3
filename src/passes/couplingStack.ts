/** Couplings of one architecture in a row: what the fused kernels run in one dispatch. */
import type { CouplingStack } from '../model/couplingStack.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { couplingBlocks } from '../model/blocks.ts';
import type { FlowSpec } from '../spec/spec.ts';

/** Features whose rows a fused kernel keeps in registers. */
const MAX_DIM = 8;

/** Most hidden layers of a fused net, and the widest where there are several; one alone streams at any width. */
const MAX_HIDDEN_LAYERS = 3;
const MAX_KEPT_WIDTH = 128;

type AffineSlots = BijectorSlots & { type: 'affine_coupling' };

/** The longest stack that begins at this bijector, or undefined where a fused kernel does not fit it. */
export function couplingStackAt(
  { dim, contextDim }: Pick<FlowSpec, 'dim' | 'contextDim'>,
  bijectors: readonly BijectorSlots[],
  start: number,
): CouplingStack | undefined {
  const first = bijectors[start];
  // The fused kernels know nets of data features only.
  if (contextDim > 0 || dim > MAX_DIM || first?.type !== 'affine_coupling' || !isFusable(first))
    return undefined;
  const { conditioner, scale } = first.spec;
  const { conditionCount, transformCount } = couplingBlocks(dim, first.spec);
  const [netStart = 0, secondNet = netStart] = netStarts(first);
  const next = bijectors[start + 1];
  const [nextStart = netStart] = next?.type === 'affine_coupling' ? netStarts(next) : [];
  const netStride = secondNet - netStart;
  const couplingStride = nextStart - netStart;
  const couplings: AffineSlots[] = [];
  for (const slots of bijectors.slice(start)) {
    const place = netStart + couplings.length * couplingStride;
    if (slots.type !== 'affine_coupling' || !isAlike(slots, first, dim) || !isAt(slots, place, netStride))
      break;
    couplings.push(slots);
  }
  return {
    dim,
    conditionCount,
    transformCount,
    hidden: conditioner.hidden,
    activation: conditioner.activation,
    scale,
    netCount: first.nets.length,
    netOutputs: conditioner.separate ? transformCount : 2 * transformCount,
    netStart,
    netStride,
    couplingStride: couplings.length > 1 ? couplingStride : 0,
    flips: couplings.map((slots) => slots.spec.flip),
  };
}

function isFusable({ spec: { conditioner, shiftFirst } }: AffineSlots): boolean {
  const { hidden, residualBlocks } = conditioner;
  if (residualBlocks !== undefined || shiftFirst === true || hidden.length > MAX_HIDDEN_LAYERS) return false;
  return hidden.length <= 1 || Math.max(...hidden) <= MAX_KEPT_WIDTH;
}

/** Whether one dispatch can take both couplings. */
function isAlike({ spec }: AffineSlots, { spec: other }: AffineSlots, dim: number): boolean {
  return (
    JSON.stringify([spec.conditioner, spec.scale]) === JSON.stringify([other.conditioner, other.scale]) &&
    spec.shiftFirst !== true &&
    couplingBlocks(dim, spec).conditionCount === couplingBlocks(dim, other).conditionCount
  );
}

function isAt(slots: AffineSlots, start: number, stride: number): boolean {
  return netStarts(slots).every((offset, net) => offset === start + net * stride);
}

function netStarts(slots: AffineSlots): number[] {
  return slots.nets.map(({ layers }) => layers[0]?.weight.offset ?? 0);
}
