/** Densities of the plane with an exact formula, and their entropies by quadrature. */

export type Point = readonly [x: number, y: number];

/** A density of the plane in its own units. */
export interface PlaneDensity {
  /** log p(x, y) in nats. */
  logDensity: (x: number, y: number) => number;
  /** −∫ p log p in nats, integrated at each call. */
  entropy: () => number;
}

/** Equal isotropic Gaussians of standard deviation `sigma`; the weights sum to 1. */
export interface GaussianMixture {
  x: readonly number[];
  y: readonly number[];
  weight: readonly number[];
  sigma: number;
}

/** A curve with the density of its parameter. */
export interface WeightedCurve {
  /** The parameter runs over [0, end]. */
  end: number;
  point: (t: number) => Point;
  density: (t: number) => number;
  /** An upper bound of |d point / dt|. */
  speed: number;
}

// The Gauss–Legendre rule with five points on [−1, 1].
const NODES = [-0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831, 0.906179845938664];
const WEIGHTS = [
  0.23692688505618908, 0.47862867049936647, 0.5688888888888889, 0.47862867049936647, 0.23692688505618908,
];

/** Curves blurred by normal noise, as a mixture: five nodes for every piece of at most one sigma. */
export function blurredCurves(curves: readonly WeightedCurve[], sigma: number): GaussianMixture {
  const x: number[] = [];
  const y: number[] = [];
  const weight: number[] = [];
  for (const { end, point, density, speed } of curves) {
    const pieces = Math.ceil((end * speed) / sigma);
    const half = end / pieces / 2;
    for (let piece = 0; piece < pieces; piece++) {
      NODES.forEach((node, i) => {
        const t = half * (2 * piece + 1 + node);
        const [px, py] = point(t);
        x.push(px);
        y.push(py);
        weight.push(half * (WEIGHTS[i] ?? 0) * density(t));
      });
    }
  }
  return { x, y, weight, sigma };
}

export function mixtureDensity(mixture: GaussianMixture): PlaneDensity {
  return {
    logDensity: (x, y) => mixtureLogDensity(mixture, x, y),
    entropy: () => mixtureEntropy(mixture),
  };
}

/** Exponents below the largest by more than this contribute nothing in f64. */
const NEGLIGIBLE = 40;

function mixtureLogDensity({ x, y, weight, sigma }: GaussianMixture, atX: number, atY: number): number {
  const squareDistance = (i: number): number => (atX - (x[i] ?? 0)) ** 2 + (atY - (y[i] ?? 0)) ** 2;
  const scale = 2 * sigma * sigma;
  let nearest = Infinity;
  for (let i = 0; i < weight.length; i++) {
    const distance = squareDistance(i);
    if (distance < nearest) nearest = distance;
  }
  let sum = 0;
  for (let i = 0; i < weight.length; i++) {
    const beyond = squareDistance(i) - nearest;
    if (beyond < NEGLIGIBLE * scale) sum += (weight[i] ?? 0) * Math.exp(-beyond / scale);
  }
  return Math.log(sum / (Math.PI * scale)) - nearest / scale;
}

/** Grid cells per sigma, and how many sigmas a Gaussian reaches. */
const CELLS = 2;
const REACH = 8;

/** Adds every Gaussian to the cells around it, then sums −p log p over the cells. */
function mixtureEntropy({ x, y, weight, sigma }: GaussianMixture): number {
  const step = sigma / CELLS;
  const reach = REACH * CELLS;
  const columnOf = cellsFrom(x, step, reach);
  const rowOf = cellsFrom(y, step, reach);
  const width = columnOf.count;
  const density = new Float64Array(width * rowOf.count);
  const profile = (offset: number): Float64Array =>
    Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
      Math.exp(-((i - reach - offset) ** 2) / (2 * CELLS ** 2)),
    );

  const scale = 1 / (2 * Math.PI * sigma * sigma);
  weight.forEach((w, node) => {
    const column = columnOf.place(x[node] ?? 0);
    const row = rowOf.place(y[node] ?? 0);
    const across = profile(column.offset);
    profile(row.offset).forEach((down, j) => {
      const start = (row.cell - reach + j) * width + column.cell - reach;
      for (let i = 0; i < across.length; i++) {
        density[start + i] = (density[start + i] ?? 0) + w * scale * down * (across[i] ?? 0);
      }
    });
  });
  let sum = 0;
  for (const p of density) if (p > 0) sum -= p * Math.log(p);
  return sum * step * step;
}

interface Cells {
  count: number;
  /** The cell nearest to a coordinate, and the offset of the coordinate from its centre, in cells. */
  place: (coordinate: number) => { cell: number; offset: number };
}

function cellsFrom(coordinates: readonly number[], step: number, reach: number): Cells {
  const low = coordinates.reduce((a, b) => Math.min(a, b), Infinity);
  const high = coordinates.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    count: Math.ceil((high - low) / step) + 2 * reach + 2,
    place: (coordinate) => {
      const cells = (coordinate - low) / step + reach;
      const cell = Math.round(cells);
      return { cell, offset: cells - cell };
    },
  };
}

/**
 * The mean of `f` under an axis-parallel Gaussian, as sums over a grid out to 8 standard deviations.
 * @param step the largest step of the grid
 */
export function gaussianMean(
  f: (x: number, y: number) => number,
  { mean, std }: { mean: Point; std: Point },
  step: number,
): number {
  const rule = (centre: number, sigma: number): { at: number; weight: number }[] => {
    const fine = Math.min(step, sigma / CELLS);
    const half = Math.ceil((REACH * sigma) / fine);
    return Array.from({ length: 2 * half + 1 }, (_, i) => {
      const offset = (i - half) * fine;
      const weight = (fine / sigma / Math.sqrt(2 * Math.PI)) * Math.exp(-0.5 * (offset / sigma) ** 2);
      return { at: centre + offset, weight };
    });
  };
  const across = rule(mean[1], std[1]);
  let sum = 0;
  for (const { at: x, weight } of rule(mean[0], std[0])) {
    for (const { at: y, weight: w } of across) sum += weight * w * f(x, y);
  }
  return sum;
}
