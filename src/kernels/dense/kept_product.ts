/** Shared by the launchers of the streamed kernels: how much an invocation keeps and how outputs are split. */
import { ceilDivide, roundUp } from '../../plan/shape.ts';
import { FUSED_GROUP_SIZE } from '../fused/coupling_stack.ts';

/** Quads that an invocation keeps: with twice as many, lavapipe compiles for four seconds and gains a tenth. */
const MAX_KEPT = 32;

/** Enough workgroups to keep a small machine busy. */
const ENOUGH_GROUPS = 16;

export const KEPT_SIZES = ['N_KEPT', 'N_KEPT_QUADS', 'N_BLOCKS', 'LANES'] as const;

type KeptSizes = Record<(typeof KEPT_SIZES)[number], number>;

/** Sizes of a product whose sums have `length` terms. */
export function keptSizes(length: number, lanes: number): KeptSizes {
  return sizesOf(Math.min(MAX_KEPT, roundUp(length, 4)), lanes);
}

/** Sizes of a product that keeps a multiple of four rows. */
export function sizesOf(kept: number, lanes: number): KeptSizes {
  return { N_KEPT: kept, N_KEPT_QUADS: kept / 4, N_BLOCKS: ceilDivide(kept, 4 * lanes), LANES: lanes };
}

/** Splits `streamed` rows into ranges of whole quads; `kept` invocations process each range. */
export function streamedRanges(
  kept: number,
  streamed: number,
): { range: number; workgroups: readonly [number, number, number] } {
  const groups = ceilDivide(kept, FUSED_GROUP_SIZE);
  const wanted = Math.min(ceilDivide(ENOUGH_GROUPS, groups), ceilDivide(streamed, FUSED_GROUP_SIZE));
  const range = roundUp(ceilDivide(streamed, wanted), 4);
  return { range, workgroups: [groups, ceilDivide(streamed, range), 1] };
}
