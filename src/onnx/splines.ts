/** Monotone rational-quadratic splines on the graph. Each value finds its bin by comparisons. */
import {
  binsOf,
  DERIVATIVE_SHIFT,
  MIN_DERIVATIVE,
  MIN_SHARE,
} from '../reference/maths/rational_quadratic.ts';
import { inOrder } from '../random.ts';
import type { Graph, Value } from './graph.ts';
import { softplus } from './maths.ts';

export interface Splines {
  bins: number;
  bound: number;
  /** The numbers of each bin, [B, T, bins, 8], or [T, bins, 8] if all rows have the same. */
  table: Value;
}

/**
 * Numbers of a bin: on each axis the nearer end of the spline, −bound or bound, the distance from there to the start of the
 * bin, and its size; then the derivatives left and right. Distances from the nearer end keep digits that starts would lose.
 */
const NUMBERS = 8;

/** The splines of raw numbers [B, T (3 bins − 1)] that a net gives. */
export function splinesOfNet(graph: Graph, raw: Value, { bins, bound, count }: SplineShape): Splines {
  return graph.scope('bins', () => {
    const each = graph.reshape(raw, [0, count, 3 * bins - 1]);
    const onX = intervals(graph, graph.columns(each, 0, bins), bins, bound);
    const onZ = intervals(graph, graph.columns(each, bins, bins), bins, bound);
    const shifted = graph.add(graph.columns(each, 2 * bins, bins - 1), DERIVATIVE_SHIFT);
    const inner = graph.add(softplus(graph, shifted), MIN_DERIVATIVE);
    const end = graph.expand(graph.constant('float', [1]), endShape(graph, inner));
    const numbers = [...onX, ...onZ, graph.concat([end, inner]), graph.concat([inner, end])];
    const table = graph.concat(numbers.map((one) => graph.unsqueeze(one, -1)));
    return { bins, bound, table };
  });
}

interface SplineShape {
  bins: number;
  bound: number;
  /** Features T. */
  count: number;
}

/** The splines of the same raw numbers for all rows. */
export function sharedSplines(
  graph: Graph,
  raw: readonly number[],
  { bins, bound, count }: SplineShape,
): Splines {
  const each = inOrder(count).flatMap((feature) =>
    binsOf(raw.slice(feature * (3 * bins - 1), (feature + 1) * (3 * bins - 1)), bins, bound),
  );
  const fromEnd = (start: number): number[] => (start < 0 ? [-bound, start + bound] : [bound, start - bound]);
  const numbers = each.flatMap(({ x, width, z, height, left, right }) => [
    ...fromEnd(x),
    width,
    ...fromEnd(z),
    height,
    left,
    right,
  ]);
  return { bins, bound, table: graph.constant('float', numbers, [count, bins, NUMBERS], 'table') };
}

/** x → z or z → x for values [B, T], and log dz/dx. */
export function throughSplines(
  graph: Graph,
  splines: Splines,
  values: Value,
  inverse: boolean,
): { rows: Value; logDerivative: Value } {
  const { bins, bound, table } = splines;
  const inside = graph.max(graph.min(values, bound), -bound);
  const axis = inverse ? 3 : 0;
  const starts = graph.add(graph.column(table, axis), graph.column(table, axis + 1));
  const later = graph.columns(starts, 1, bins - 1);
  const isPast = graph.isAtLeast(graph.unsqueeze(inside, -1), later);
  const index = graph.sum(graph.cast(isPast, 'float'), -1, true);
  const isIn = graph.isEqual(index, graph.constant('float', inOrder(bins), [bins], 'bin_numbers'));
  const chosen = graph.multiply(graph.unsqueeze(graph.cast(isIn, 'float'), -1), table);
  const numbers = graph.sum(chosen, -2);
  const [xEnd, xGap, width, zEnd, zGap, height, left, right] = inOrder(NUMBERS).map((number) =>
    graph.column(numbers, number),
  ) as [Value, Value, Value, Value, Value, Value, Value, Value];
  const beyondStart = (end: Value, gap: Value): Value => graph.subtract(graph.subtract(inside, end), gap);

  const mean = graph.divide(height, width);
  const bend = graph.subtract(graph.add(left, right), graph.multiply(mean, 2));
  const xi = inverse
    ? placeOfImage(graph, { rise: beyondStart(zEnd, zGap), bend, mean, height, left })
    : graph.divide(beyondStart(xEnd, xGap), width);
  const rest = graph.subtract(1, xi);
  const q = graph.multiply(xi, rest);
  const xi2 = graph.square(xi);
  const denominator = graph.add(mean, graph.multiply(bend, q));
  const numerator = graph.add(graph.multiply(mean, xi2), graph.multiply(left, q));
  const image = inverse
    ? graph.add(xEnd, graph.add(xGap, graph.multiply(width, xi)))
    : graph.add(zEnd, graph.add(zGap, graph.divide(graph.multiply(height, numerator), denominator)));
  const factor = graph.add(
    graph.add(graph.multiply(right, xi2), graph.multiply(graph.multiply(mean, 2), q)),
    graph.multiply(left, graph.square(rest)),
  );
  const ratio = graph.log(graph.divide(mean, denominator));
  const logDerivative = graph.add(graph.log(factor), graph.multiply(ratio, 2));
  const isOutside = graph.isLess(bound, graph.abs(values));
  return {
    rows: graph.where(isOutside, values, image),
    logDerivative: graph.where(isOutside, 0, logDerivative),
  };
}

/** ξ of the x whose image lies `rise` above the start of the bin: the root of a quadratic. */
function placeOfImage(
  graph: Graph,
  { rise, bend, mean, height, left }: Record<'rise' | 'bend' | 'mean' | 'height' | 'left', Value>,
): Value {
  const bent = graph.multiply(rise, bend);
  const a = graph.add(graph.multiply(height, graph.subtract(mean, left)), bent);
  const b = graph.subtract(graph.multiply(height, left), bent);
  const c = graph.multiply(mean, rise);
  const under = graph.add(graph.square(b), graph.multiply(graph.multiply(a, c), 4));
  return graph.divide(graph.multiply(c, 2), graph.add(b, graph.sqrt(graph.max(under, 0))));
}

/** The bins on one axis as NUMBERS says, from raw numbers [B, T, bins]. */
function intervals(graph: Graph, raw: Value, bins: number, bound: number): Value[] {
  const share = graph.node('Softmax', [raw], { attributes: { axis: -1 } });
  const size = graph.add(graph.multiply(share, 2 * bound * (1 - MIN_SHARE * bins)), 2 * bound * MIN_SHARE);
  const sum = (attributes: Record<string, number>): Value =>
    graph.node('CumSum', [size, graph.constant('int64', [-1], [])], { attributes });
  const [before, rest] = [sum({ exclusive: 1 }), sum({ reverse: 1 })];
  const isLow = graph.isLess(before, bound);
  return [graph.where(isLow, -bound, bound), graph.where(isLow, before, graph.negative(rest)), size];
}

/** [B, T, 1] */
function endShape(graph: Graph, inner: Value): Value {
  return graph.concat([graph.extents(inner, 2), graph.constant('int64', [1])]);
}
