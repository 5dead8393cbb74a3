/** How the blocked kernels are cut into workgroups: shaders/shared/blocked_product.wgsl. */
import type { Workgroups } from '../kernel.ts';
import { ceilDivide } from '../shape.ts';

/** An invocation's register block: 8 features by 16 rows, which the registers of every GPU hold. */
const FEATURE_QUADS = 2;
const ROW_QUADS = 4;

/** Invocations of a workgroup along the features and along the rows. */
const SIDE = 8;

export const BLOCK_SIZES = { FEATURE_QUADS, ROW_QUADS } as const;

/** Features of a workgroup's tile. */
export const TILE_FEATURES = 4 * FEATURE_QUADS * SIDE;

/** Workgroups for a product of `features` by `quads` of rows. */
export function blockedGrid(features: number, quads: number): Workgroups {
  return [ceilDivide(quads, ROW_QUADS * SIDE), ceilDivide(features, TILE_FEATURES), 1];
}
