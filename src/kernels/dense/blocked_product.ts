/** How the blocked kernels split work into workgroups: shaders/shared/blocked_product.wgsl. */
import type { Workgroups } from '../../plan/kernel.ts';
import { ceilDivide } from '../../plan/shape.ts';

/** Invocations of a workgroup along the features and along the quads of rows. */
export const SIDE = 8;

const FEATURE_QUADS = 2;

/** Features of a workgroup's tile. */
export const TILE_FEATURES = 4 * FEATURE_QUADS * SIDE;

export const BLOCK_SIZES = ['FEATURE_QUADS', 'ROW_QUADS'] as const;

/** An invocation's register block: 8 features by 16 rows, which fit a GPU's registers; by 8 for few rows. */
export function blockSizes(quads: number): Record<(typeof BLOCK_SIZES)[number], number> {
  return { FEATURE_QUADS, ROW_QUADS: quads <= 2 * SIDE ? 2 : 4 };
}

/** Workgroups for a product of `features` by `quads` of rows. */
export function blockedGrid(features: number, quads: number): Workgroups {
  return [ceilDivide(quads, blockSizes(quads).ROW_QUADS * SIDE), ceilDivide(features, TILE_FEATURES), 1];
}
