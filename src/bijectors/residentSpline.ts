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
}

/** The raw numbers [features, 3 · bins − 1], in the ranges that are in the tile at once. */
export function rawRanges({ bins, block }: ResidentSplines): UnitRange[] {
  const each = rawCount(bins);
  const slices = ceilDivide(block.count, Math.max(1, Math.floor(MAX_RAW_UNITS / each)));
  const features = ceilDivide(block.count, slices);
  return Array.from({ length: ceilDivide(block.count, features) }, (_, slice) => {
    const start = slice * features;
    return { start: start * each, count: Math.min(features, block.count - start) * each };
  });
}

/**
 * x → z or z → x for the features of the block; adds the log-det. `toUnits` brings a range of the raw numbers to units
 * from `to` on. In a training step, slots from `xSlot` on keep x.
 */
export function splinesForward(
  ops: RowOps,
  splines: ResidentSplines,
  run: { toUnits: (range: UnitRange, to: number) => void; xSlot: number; inverse: boolean },
): void {
  const { block } = splines;
  const { toUnits, xSlot, inverse } = run;
  ops.scope(() => {
    const logDerivatives = ops.reserve(block.count);
    const raw = reserveRaw(ops, splines);
    for (const range of rawRanges(splines)) {
      toUnits(range, raw);
      const feature = range.start / rawCount(splines.bins);
      ops.add({
        ...splineOp(splines, range),
        kind: 'spline',
        from: raw,
        slope: ops.keeps ? xSlot + feature : 0,
        aux: logDerivatives + feature,
        option: inverse ? INVERTED : 0,
      });
    }
    ops.add({ kind: 'add_units', from: logDerivatives, count: block.count, number: inverse ? -1 : 1 });
  });
  ops.flops += block.count * splineFlops(splines.bins);
}

/** d_z → d_x for a range of the raw numbers, at units from `raw` on; their gradients replace them, and go to slots. */
export function splinesBackward(
  ops: RowOps,
  splines: ResidentSplines,
  { range, raw, slot, xSlot }: { range: UnitRange; raw: number; slot: number; xSlot: number },
): void {
  const op = splineOp(splines, range);
  const slope = xSlot + range.start / rawCount(splines.bins);
  ops.add({ ...op, kind: 'spline_backward', from: raw, slot: slot + range.start, slope });
  ops.flops += 2 * op.count * splineFlops(splines.bins);
}

/** Units for the raw numbers of a range. */
export function reserveRaw(ops: RowOps, splines: ResidentSplines): number {
  return ops.reserve(Math.max(...rawRanges(splines).map(({ count }) => count)));
}

function splineOp(
  { bins, bound, block }: ResidentSplines,
  range: UnitRange,
): { to: number; count: number; inputs: number; number: number } {
  return {
    to: block.start + range.start / rawCount(bins),
    count: range.count / rawCount(bins),
    inputs: bins,
    number: bound,
  };
}
