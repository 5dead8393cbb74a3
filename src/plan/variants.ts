import type { Precision } from './precision.ts';

/** Which of the equivalent kernels a plan is made of. */
export interface KernelVariants {
  /** `fused` takes a whole flow or a segment of it in one dispatch where its nets are small enough. */
  regime: 'fused' | 'tiled';
  /** Lanes of a subgroup that share what they load: 8 or 4, or 1 without subgroups. */
  lanes: 1 | 4 | 8;
  /**
   * Couplings whose tape the fused training step keeps at once, so that memory does not grow with depth; a flow of
   * no more runs each net once, the couplings before the last segment once more.
   */
  segment: 8 | 32;
  /**
   * The kernels of a layer in the tiled regime: `plain` ones, readable and right everywhere; `blocked` over workgroup
   * memory, for GPUs; or `streamed`, for CPUs, where an invocation keeps its rows in registers and the weights go from
   * lane to lane (`plain` where there are no subgroups).
   */
  product: 'plain' | 'blocked' | 'streamed';
  /**
   * How nets with one input and two piecewise linear hidden layers train. Their gradients are `summed` over the rows for
   * each pair of units; or looked up in running sums over the rows, `sorted` between the kinks of the first layer, where
   * the second layer's units are lines, which the forward pass looks up too.
   */
  weights: 'summed' | 'sorted';
  /** Whether a tiled training step rebuilds the hidden layers of each coupling, or keeps them all. */
  keep: 'rebuild' | 'store';
  /**
   * What the nets' weights and hidden activations are stored as. Unlike the others it changes results by more than
   * rounding in f32, so it is asked for, never chosen; `f16` is tiled.
   */
  precision: Precision;
}

/** One dispatch a layer, no optional feature: right everywhere. */
export const PLAIN_VARIANTS: KernelVariants = {
  regime: 'tiled',
  lanes: 1,
  segment: 8,
  product: 'plain',
  weights: 'summed',
  keep: 'rebuild',
  precision: 'f32',
};

/** What the fixed table goes by. */
export interface AdapterFacts {
  /** Lanes of the smallest subgroup; 0 without subgroups. */
  subgroupMinSize: number;
  /** Whether the adapter computes on the CPU. */
  software: boolean;
}

/** What is assumed as long as no device is open. */
export const GPU_WITHOUT_SUBGROUPS: AdapterFacts = { subgroupMinSize: 0, software: false };

/** The fixed table: what to take without measuring. */
export function fixedVariants(
  { subgroupMinSize, software }: AdapterFacts,
  precision: Precision = 'f32',
): KernelVariants {
  const lanes = subgroupMinSize >= 8 ? 8 : subgroupMinSize >= 4 ? 4 : 1;
  // Loads and barriers cost a CPU much. The size of a subgroup does not tell one: Intel's GPUs have 8 lanes too.
  const usesVectorUnit = software && lanes > 1;
  return {
    ...PLAIN_VARIANTS,
    precision,
    regime: precision === 'f32' ? 'fused' : 'tiled',
    lanes,
    product: !software ? 'blocked' : usesVectorUnit ? 'streamed' : 'plain',
    weights: usesVectorUnit ? 'sorted' : 'summed',
  };
}
