/** Splines as operations on the rows of a tile, for some features at a time: all raw numbers would not fit. */
import { INVERTED } from '../kernels/resident/ops.ts';
import type { UnitRange } from '../kernels/resident/resident_pack.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { rawCount, splineFlops } from '../kernels/spline/rational_quadratic.ts';
import type { FeatureBlock } from '../model/blocks.ts';
import { ceilDivide } from '../plan/shape.ts';

/** Raw numbers in the tile at once, if those of one feature are not more. */
const MAX_RAW_UNITS = 128;

export interface ResidentSplines {
  bins: number;
  bound: number;
  block: FeatureBlock;
  /** Brings a range of the raw numbers [features, 3 · bins − 1] to units from `to` on. */
  toUnits: (range: UnitRange, to: number) => void;
}

/** The raw numbers, in the ranges that are in the tile at once. */
export function rawRanges({ bins, block }: Pick<ResidentSplines, 'bins' | 'block'>): UnitRange[] {
  const each = rawCount(bins);
  const slices = ceilDivide(block.count, Math.max(1, Math.floor(MAX_RAW_UNITS / each)));
  const features = ceilDivide(block.count, slices);
  return Array.from({ length: ceilDivide(block.count, features) }, (_, slice) => {
    const start = slice * features;
    return { start: start * each, count: Math.min(features, block.count - start) * each };
  });
}

/** x → z or z → x for the features of the block; adds the log-det. A training step keeps x as rows of `owner`. */
export function splinesForward(ops: RowOps, splines: ResidentSplines, owner: object, inverse: boolean): void {
  const { block, toUnits } = splines;
  ops.scope(() => {
    const logDerivatives = ops.reserve(block.count);
    const raw = reserveRaw(ops, splines);
    for (const range of rawRanges(splines)) {
      toUnits(range, raw);
      const { feature, ...op } = splineOp(ops, splines, owner, range);
      ops.add({
        ...op,
        kind: 'spline',
        from: raw,
        aux: logDerivatives + feature,
        option: inverse ? INVERTED : 0,
      });
    }
    ops.add({ kind: 'add_units', from: logDerivatives, count: block.count, number: inverse ? -1 : 1 });
  });
  ops.flops += block.count * splineFlops(splines.bins);
}

/** z → x and d_z → d_x for a range of the raw numbers; their gradients go to units from `raw` on, and to slots. */
export function splinesBackward(
  ops: RowOps,
  splines: ResidentSplines,
  owner: object,
  { range, raw, slot }: { range: UnitRange; raw: number; slot: number },
): void {
  splines.toUnits(range, raw);
  const { feature: _, ...op } = splineOp(ops, splines, owner, range);
  ops.add({ ...op, kind: 'spline_backward', from: raw, slot: slot + range.start });
  ops.flops += 3 * op.count * splineFlops(splines.bins);
}

/** Units for the raw numbers of a range. */
export function reserveRaw(ops: RowOps, splines: ResidentSplines): number {
  return ops.reserve(Math.max(...rawRanges(splines).map(({ count }) => count)));
}

function splineOp(
  ops: RowOps,
  { bins, bound, block }: ResidentSplines,
  owner: object,
  range: UnitRange,
): { feature: number; to: number; count: number; inputs: number; tensor: number; number: number } {
  const feature = range.start / rawCount(bins);
  return {
    feature,
    to: block.start + feature,
    count: range.count / rawCount(bins),
    inputs: bins,
    tensor: ops.keptRows.start(owner, block.count) + feature,
    number: bound,
  };
}
