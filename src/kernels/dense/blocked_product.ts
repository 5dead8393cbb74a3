/** How the blocked kernels split work into workgroups: shaders/shared/blocked_product.wgsl. */
import type { Workgroups } from '../../plan/kernel.ts';
import { ceilDivide } from '../../plan/shape.ts';

/** Invocations of a workgroup along the features and along the quads of rows. */
export const SIDE = 8;

/** An invocation's register block: 8 features by 8 rows, as 64 sums leave a GPU enough subgroups to hide its loads. */
export const BLOCK = { FEATURE_QUADS: 2, ROW_QUADS: 2 };

/** Features of a workgroup's tile. */
export const TILE_FEATURES = 4 * BLOCK.FEATURE_QUADS * SIDE;

export const BLOCK_SIZES = ['FEATURE_QUADS', 'ROW_QUADS'] as const;

/** Workgroups for a product of `features` by `quads` of rows. */
export function blockedGrid(features: number, quads: number): Workgroups {
  return [ceilDivide(quads, BLOCK.ROW_QUADS * SIDE), ceilDivide(features, TILE_FEATURES), 1];
}
