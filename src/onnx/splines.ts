/** Monotone rational-quadratic splines on the graph. Each value finds its bin by comparisons. */
import { MIN_DERIVATIVE, MIN_SHARE, DERIVATIVE_SHIFT } from '../reference/maths/rational_quadratic.ts';
import { binNumbers } from '../reference/maths/spline_raw.ts';
import { binsOf } from '../reference/maths/rational_quadratic.ts';
import { inOrder } from '../random.ts';
import type { Graph, Value } from './graph.ts';
import { softplus } from './maths.ts';

export interface Splines {
  bins: number;
  bound: number;
  /** [B, T, bins], or [T, bins] if all rows have the same: where each bin starts in x and in z. */
  xStarts: Value;
  zStarts: Value;
  /** [B, T, bins, 6] or [T, bins, 6]: start and width in x, start and height in z, derivatives left and right. */
  table: Value;
}

/** Numbers of a bin in the table. */
const NUMBERS = 6;

/** The splines of raw numbers [B, T (3 bins − 1)] that a net gives. */
export function splinesOfNet(graph: Graph, raw: Value, { bins, bound, count }: SplineShape): Splines {
  return graph.scope('bins', () => {
    const each = graph.reshape(raw, [0, count, 3 * bins - 1]);
    const [xStarts, widths] = intervals(graph, graph.columns(each, 0, bins), bins, bound);
    const [zStarts, heights] = intervals(graph, graph.columns(each, bins, bins), bins, bound);
    const shifted = graph.add(graph.columns(each, 2 * bins, bins - 1), DERIVATIVE_SHIFT);
    const inner = graph.add(softplus(graph, shifted), MIN_DERIVATIVE);
    const end = graph.expand(graph.constant('float', [1]), endShape(graph, inner));
    const numbers = [
      xStarts,
      widths,
      zStarts,
      heights,
      graph.concat([end, inner]),
      graph.concat([inner, end]),
    ];
    const table = graph.concat(numbers.map((one) => graph.unsqueeze(one, -1)));
    return { bins, bound, xStarts, zStarts, table };
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
  const each = inOrder(count).map((feature) =>
    binsOf(raw.slice(feature * (3 * bins - 1), (feature + 1) * (3 * bins - 1)), bins, bound),
  );
  const constant = (name: string, values: number[], shape: number[]): Value =>
    graph.constant('float', values, shape, name);
  const flat = each.flat();
  return {
    bins,
    bound,
    xStarts: constant(
      'x_starts',
      flat.map(({ x }) => x),
      [count, bins],
    ),
    zStarts: constant(
      'z_starts',
      flat.map(({ z }) => z),
      [count, bins],
    ),
    table: constant(
      'table',
      flat.flatMap((bin) => binNumbers(bin).slice(0, NUMBERS)),
      [count, bins, NUMBERS],
    ),
  };
}

/** x → z or z → x for values [B, T], and log dz/dx. */
export function throughSplines(
  graph: Graph,
  splines: Splines,
  values: Value,
  inverse: boolean,
): { rows: Value; logDerivative: Value } {
  const { bins, bound, xStarts, zStarts, table } = splines;
  const inside = graph.max(graph.min(values, bound), -bound);
  const later = graph.columns(inverse ? zStarts : xStarts, 1, bins - 1);
  const isPast = graph.isAtLeast(graph.unsqueeze(inside, -1), later);
  const index = graph.sum(graph.cast(isPast, 'float'), -1, true);
  const isIn = graph.isEqual(index, graph.constant('float', inOrder(bins), [bins], 'bin_numbers'));
  const chosen = graph.multiply(graph.unsqueeze(graph.cast(isIn, 'float'), -1), table);
  const numbers = graph.sum(chosen, -2);
  const [x, width, z, height, left, right] = inOrder(NUMBERS).map((number) =>
    graph.column(numbers, number),
  ) as [Value, Value, Value, Value, Value, Value];

  const mean = graph.divide(height, width);
  const bend = graph.subtract(graph.add(left, right), graph.multiply(mean, 2));
  const xi = inverse
    ? placeOfImage(graph, { rise: graph.subtract(inside, z), bend, mean, height, left })
    : graph.divide(graph.subtract(inside, x), width);
  const rest = graph.subtract(1, xi);
  const q = graph.multiply(xi, rest);
  const xi2 = graph.square(xi);
  const denominator = graph.add(mean, graph.multiply(bend, q));
  const numerator = graph.add(graph.multiply(mean, xi2), graph.multiply(left, q));
  const image = inverse
    ? graph.add(x, graph.multiply(width, xi))
    : graph.add(z, graph.divide(graph.multiply(height, numerator), denominator));
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

/** Starts and sizes of the bins on one axis, from raw numbers [B, T, bins]. The last bin ends at the bound exactly. */
function intervals(graph: Graph, raw: Value, bins: number, bound: number): [Value, Value] {
  const share = graph.node('Softmax', [raw], { attributes: { axis: -1 } });
  const size = graph.add(graph.multiply(share, 2 * bound * (1 - MIN_SHARE * bins)), 2 * bound * MIN_SHARE);
  const before = graph.node('CumSum', [size, graph.constant('int64', [-1], [])], {
    attributes: { exclusive: 1 },
  });
  const starts = graph.subtract(before, bound);
  const last = graph.subtract(bound, graph.columns(starts, bins - 1, 1));
  return [starts, graph.concat([graph.columns(size, 0, bins - 1), last])];
}

/** [B, T, 1] */
function endShape(graph: Graph, inner: Value): Value {
  return graph.concat([graph.extents(inner, 2), graph.constant('int64', [1])]);
}
