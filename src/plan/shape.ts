/** How work is split into invocations, workgroups and chunks. */
import type { Workgroups } from './kernel.ts';

/** Invocations of a workgroup in every kernel without workgroup memory. */
export const WORKGROUP_SIZE = 64;

/** Invocations of a workgroup in the reductions. */
export const REDUCTION_SIZE = 64;

/** WebGPU's guaranteed number of workgroups in one dimension. */
export const MAX_WORKGROUPS = 65_535;

/** Rows that the dense kernels load, compute and store together, as one vec4f. */
const QUAD = 4;

/**
 * Rows of the workspace for `rows` rows: a multiple of 4. The padding consists of ordinary rows whose results
 * are unused and whose gradient is zero.
 */
export function paddedRows(rows: number): number {
  return roundUp(rows, QUAD);
}

/** @throws {RangeError} when the rows, or elements, are not padded */
export function quadsOf(rows: number, what = 'rows'): number {
  if (rows % QUAD !== 0) throw new RangeError(`${rows} ${what} are not a multiple of ${QUAD}`);
  return rows / QUAD;
}

/** Features summed at once: four, or one for layers too narrow for four. */
export function featureBlock(features: number): 1 | 4 {
  return features < 4 ? 1 : 4;
}

export function ceilDivide(value: number, divisor: number): number {
  return Math.ceil(value / divisor);
}

export function roundUp(value: number, multiple: number): number {
  return ceilDivide(value, multiple) * multiple;
}

/** The first power of two that is not below `value`. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/**
 * Workgroups for `invocations` invocations, folded over x and y if one dimension is not enough. The shader
 * unfolds them with `linear_index` (shared/grid.wgsl).
 */
export function gridOf(invocations: number): Workgroups {
  return foldedGroups(ceilDivide(invocations, WORKGROUP_SIZE));
}

/** At least `count` workgroups, and at least one, folded over x and y if one dimension is not enough. */
export function foldedGroups(count: number): Workgroups {
  const groups = Math.max(1, count);
  if (groups <= MAX_WORKGROUPS) return [groups, 1, 1];
  const y = ceilDivide(groups, MAX_WORKGROUPS);
  return [ceilDivide(groups, y), y, 1];
}

/** The half-open ranges [start, start + count) that cover `total` in pieces of at most `size`. */
export function chunksOf(total: number, size: number): { start: number; count: number }[] {
  return Array.from({ length: ceilDivide(total, size) }, (_, index) => ({
    start: index * size,
    count: Math.min(size, total - index * size),
  }));
}

/** Elements above which a reduction is split over several workgroups. */
const REDUCTION_ELEMENTS = 16_384;

/** Workgroups of the first stage of a reduction; more than one needs a second stage over their sums. */
export function reductionGroups(elements: number): number {
  return Math.min(REDUCTION_SIZE, Math.max(1, ceilDivide(elements, REDUCTION_ELEMENTS)));
}
