import type { Precision } from './precision.ts';

/** The choice between equivalent kernels for a plan. */
export interface KernelVariants {
  /**
   * `tiled`: each layer is a dispatch. `fused`: an invocation takes four rows through a stack of couplings in one dispatch,
   * if the nets are small enough. `resident`: a workgroup takes a tile of rows through all bijectors that fit its memory.
   */
  regime: 'fused' | 'tiled' | 'resident';
  /** Subgroup lanes that share loaded values: 8 or 4, or 1 without subgroups. */
  lanes: 1 | 4 | 8;
  /**
   * The number of couplings whose tape the fused training step keeps at once, so that memory does not grow with depth.
   * In a deeper flow, couplings before the last segment run their nets twice; all others run them once.
   */
  segment: 8 | 32;
  /**
   * The kernels of a layer in the tiled regime. `plain` kernels are readable and work everywhere. `blocked`
   * kernels use workgroup memory and suit GPUs. `streamed` kernels suit CPUs: an invocation keeps its rows in
   * registers and passes the weights from lane to lane (`plain` without subgroups).
   */
  product: 'plain' | 'blocked' | 'streamed';
  /**
   * How nets with one input and two piecewise linear hidden layers train. `summed`: their gradients are
   * summed over the rows for each pair of units. `sorted`: their gradients are looked up in running sums over
   * the rows, sorted between the kinks of the first layer. Between kinks the second layer's units are lines,
   * which the forward pass looks up too.
   */
  weights: 'summed' | 'sorted';
  /** Whether a tiled training step rebuilds the hidden layers of each coupling, or keeps them all. */
  keep: 'rebuild' | 'store';
  /**
   * Precision of the nets' weights and hidden activations. Unlike the other choices it changes results by
   * more than f32 rounding, so only the caller sets it; `f16` is tiled.
   */
  precision: Precision;
}

/** One dispatch per layer and no optional feature: works everywhere. */
export const PLAIN_VARIANTS: KernelVariants = {
  regime: 'tiled',
  lanes: 1,
  segment: 8,
  product: 'plain',
  weights: 'summed',
  keep: 'rebuild',
  precision: 'f32',
};

/** The adapter facts that the fixed table depends on. */
export interface AdapterFacts {
  /** Lanes of the smallest subgroup; 0 without subgroups. */
  subgroupMinSize: number;
  /** Whether the adapter computes on the CPU. */
  software: boolean;
  /** Whether its driver could not compile a resident kernel. */
  refusesResident?: boolean;
}

/** Assumed facts while no device is open. */
export const GPU_WITHOUT_SUBGROUPS: AdapterFacts = { subgroupMinSize: 0, software: false };

/** The fixed table: the choice without measuring. */
export function fixedVariants(
  { subgroupMinSize, software, refusesResident = false }: AdapterFacts,
  precision: Precision = 'f32',
): KernelVariants {
  const lanes = subgroupMinSize >= 8 ? 8 : subgroupMinSize >= 4 ? 4 : 1;
  // Loads and barriers are slow on a CPU. Subgroup size does not identify one: Intel's GPUs have 8 lanes too.
  const usesVectorUnit = software && lanes > 1;
  const regime = software ? 'fused' : refusesResident ? 'tiled' : 'resident';
  return {
    ...PLAIN_VARIANTS,
    precision,
    regime: precision === 'f32' ? regime : 'tiled',
    lanes,
    product: !software ? 'blocked' : usesVectorUnit ? 'streamed' : 'plain',
    weights: usesVectorUnit ? 'sorted' : 'summed',
  };
}
