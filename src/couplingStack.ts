/** Couplings of one architecture in a row: what the fused kernels run in one dispatch. */
import type { BijectorSlots, ParamLayout } from './paramLayout.ts';
import { couplingBlocks } from './spec.ts';
import type { Activation, FlowSpec, ScaleMap } from './spec.ts';

/** Features whose rows a fused kernel keeps in registers. */
const MAX_DIM = 8;

/** Most hidden layers of a fused net, and the widest where there are several; one alone streams at any width. */
const MAX_HIDDEN_LAYERS = 3;
const MAX_KEPT_WIDTH = 128;

export interface CouplingStack {
  dim: number;
  conditionCount: number;
  transformCount: number;
  /** One width, two or three. */
  hidden: readonly number[];
  activation: Activation;
  scale: ScaleMap;
  /** Nets of a coupling, and outputs of each. */
  netCount: number;
  netOutputs: number;
  /** Elements of the parameter buffer: start of the first net, and from net to net and coupling to coupling. */
  netStart: number;
  netStride: number;
  couplingStride: number;
  /** Of each coupling, whether it conditions on the last features. */
  flips: readonly boolean[];
}

/** The couplings of the flow as one stack, or undefined where a fused kernel does not fit them. */
export function couplingStackOf(spec: FlowSpec, layout: ParamLayout): CouplingStack | undefined {
  // The fused kernels know nets of data features only.
  if (spec.contextDim > 0) return undefined;
  const stacked = layout.bijectors.filter(({ type }) => type !== 'domain' && type !== 'standardize');
  const couplings = stacked.filter((slots) => slots.type === 'affine_coupling');
  const [first, second] = couplings;
  if (first === undefined || couplings.length < stacked.length || spec.dim > MAX_DIM) return undefined;
  const { conditioner, scale } = first.spec;
  const { hidden, activation, residualBlocks } = conditioner;
  if (residualBlocks !== undefined || couplings.some((slots) => slots.spec.shiftFirst)) return undefined;
  if (hidden.length > MAX_HIDDEN_LAYERS) return undefined;
  if (hidden.length > 1 && Math.max(...hidden) > MAX_KEPT_WIDTH) return undefined;
  const { conditionCount, transformCount } = couplingBlocks(spec.dim, first.spec);
  const starts = couplings.map((slots) => netStarts(slots));
  const netStart = starts[0]?.[0] ?? 0;
  const netStride = (starts[0]?.[1] ?? netStart) - netStart;
  const couplingStride = second === undefined ? 0 : (starts[1]?.[0] ?? netStart) - netStart;
  const isAlike = couplings.every((slots, index) => {
    const blocks = couplingBlocks(spec.dim, slots.spec);
    return (
      JSON.stringify(slots.spec.conditioner) === JSON.stringify(conditioner) &&
      JSON.stringify(slots.spec.scale) === JSON.stringify(scale) &&
      blocks.conditionCount === conditionCount &&
      starts[index]?.every((start, net) => start === netStart + index * couplingStride + net * netStride)
    );
  });
  if (!isAlike) return undefined;
  return {
    dim: spec.dim,
    conditionCount,
    transformCount,
    hidden,
    activation,
    scale,
    netCount: first.nets.length,
    netOutputs: conditioner.separate ? transformCount : 2 * transformCount,
    netStart,
    netStride,
    couplingStride,
    flips: couplings.map((slots) => slots.spec.flip),
  };
}

function netStarts(slots: BijectorSlots & { type: 'affine_coupling' }): number[] {
  return slots.nets.map(({ layers }) => layers[0]?.weight.offset ?? 0);
}
