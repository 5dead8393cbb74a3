/** The toy densities with more than two features, which are correlated like the links of a chain. */
import { choiceOf, normals, normalsOf, philox, spreadWords, STREAMS } from '../random.ts';
import type { WordPair } from '../random.ts';
import type { ToyFamily, VECTOR_NAMES } from './toyFamily.ts';

/** The first Philox block that a chain draws from; `spreadWords` uses the ones before it. */
const FIRST_BLOCK = 2;

const LOG_2_PI = Math.log(2 * Math.PI);

/** Standard normals y₁ … y_D; each after the first has the correlation ρ with the one before it. */
function chained(fresh: readonly number[], rho: number): number[] {
  const innovation = Math.sqrt(1 - rho * rho);
  const chain: number[] = [];
  for (const normal of fresh) {
    const before = chain.at(-1);
    chain.push(before === undefined ? normal : rho * before + innovation * normal);
  }
  return chain;
}

/** The log-density of such a chain, in nats. */
function chainLogDensity(chain: readonly number[], rho: number): number {
  const variance = 1 - rho * rho;
  let squares = 0;
  chain.forEach((value, j) => {
    squares += j === 0 ? value * value : (value - rho * (chain[j - 1] ?? NaN)) ** 2 / variance;
  });
  return -0.5 * (squares + chain.length * LOG_2_PI + (chain.length - 1) * Math.log(variance));
}

/** The entropy of such a chain, in nats. */
function chainEntropy(dim: number, rho: number): number {
  return 0.5 * (dim * (LOG_2_PI + 1) + (dim - 1) * Math.log(1 - rho * rho));
}

/** The D independent normals of a point. */
function freshNormals(dim: number, [low, high]: WordPair, stream: number, key: WordPair): number[] {
  return Array.from({ length: Math.ceil(dim / 4) }, (_, block) =>
    normalsOf(philox([FIRST_BLOCK + block, low, high, stream], key)),
  )
    .flat()
    .slice(0, dim);
}

const COMPONENTS = 5;
const LARGEST_RHO = 0.8;

/** Correlations of neighbours in each component: positive in three, negative in two. */
const COMPONENT_RHOS = Array.from(
  { length: COMPONENTS },
  (_, k) => LARGEST_RHO * Math.cos((2 * Math.PI * k) / COMPONENTS),
);

/** Feature j of the centre of component k: each pair of features moves on a circle, at one of four speeds. */
function centreOf(k: number, j: number): number {
  const speed = 1 + ((j >>> 1) & 3);
  const angle = (2 * Math.PI * ((speed * k) % COMPONENTS)) / COMPONENTS;
  return j % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
}

/** Points for averaging the overlap of the components: the standard error is below 0.001 nats. */
const OVERLAP_POINTS = 65_536;

/**
 * Five Gaussians of equal weight, each with a separate correlation between neighbouring features: a centre
 * plus `noise` times a chain.
 */
function mixture(dim: number, defaultEntropy: number): ToyFamily {
  const at = (k: number, chain: readonly number[], noise: number): number[] =>
    chain.map((value, j) => centreOf(k, j) + noise * value);
  const logDensities = (row: readonly number[], noise: number): number[] =>
    COMPONENT_RHOS.map(
      (rho, k) =>
        chainLogDensity(
          row.map((value, j) => (value - centreOf(k, j)) / noise),
          rho,
        ) -
        dim * Math.log(noise),
    );
  return {
    dim,
    classes: 1,
    defaultNoise: 0.5,
    defaultEntropy,
    point: (index, stream, key, noise) => {
      const [w0] = spreadWords(index, stream, key);
      const k = choiceOf(w0, COMPONENTS);
      return at(k, chained(freshNormals(dim, index, stream, key), COMPONENT_RHOS[k] ?? NaN), noise);
    },
    moments: (noise) => ({
      mean: Array.from({ length: dim }, () => 0),
      variance: Array.from({ length: dim }, () => 0.5 + noise ** 2),
    }),
    density: (noise) => ({
      logDensity: (...row) => logSumExp(logDensities(row, noise)) - Math.log(COMPONENTS),
      // H(x) = H(k) + H(x | k) − H(k | x); only the last term, the uncertainty about a point's component, is averaged.
      entropy: () => {
        const draws = normals(0, STREAMS.toyTest, OVERLAP_POINTS * dim);
        let open = 0;
        for (let i = 0; i < OVERLAP_POINTS; i++) {
          const k = i % COMPONENTS;
          const fresh = [...draws.subarray(i * dim, (i + 1) * dim)];
          open += entropyOf(logDensities(at(k, chained(fresh, COMPONENT_RHOS[k] ?? NaN), noise), noise));
        }
        const within = COMPONENT_RHOS.reduce((sum, rho) => sum + chainEntropy(dim, rho), 0) / COMPONENTS;
        return Math.log(COMPONENTS) + within + dim * Math.log(noise) - open / OVERLAP_POINTS;
      },
    }),
  };
}

function logSumExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/** The entropy of a point's component, given the components' log-densities at the point, in nats. */
function entropyOf(logs: readonly number[]): number {
  const total = logSumExp(logs);
  return -logs.reduce((sum, log) => sum + Math.exp(log - total) * (log - total), 0);
}

/** A monotone map of one feature. */
interface Warp {
  forward: (y: number) => number;
  /** NaN for a number outside the range of the map. */
  inverse: (x: number) => number;
  logSlope: (y: number) => number;
  /** Mean and variance of forward(y) for a standard normal y. */
  mean: number;
  variance: number;
}

/** Features 0, 4, … stay normal; 1, 5, … get heavy tails; 2, 6, … are positive and skewed; 3, 7, … have two modes. */
const WARPS: readonly [Warp, Warp, Warp, Warp] = [
  { forward: (y) => y, inverse: (x) => x, logSlope: () => 0, mean: 0, variance: 1 },
  {
    forward: Math.sinh,
    inverse: Math.asinh,
    logSlope: (y) => Math.log(Math.cosh(y)),
    mean: 0,
    variance: (Math.E ** 2 - 1) / 2,
  },
  {
    forward: Math.exp,
    inverse: (x) => (x > 0 ? Math.log(x) : NaN),
    logSlope: (y) => y,
    mean: Math.sqrt(Math.E),
    variance: Math.E * (Math.E - 1),
  },
  {
    forward: (y) => Math.asinh(3 * y),
    inverse: (x) => Math.sinh(x) / 3,
    logSlope: (y) => Math.log(3) - 0.5 * Math.log1p(9 * y * y),
    mean: 0,
    // E asinh²(3y), by `normalMean`.
    variance: 2.44987784,
  },
];
const warpOf = (j: number): Warp => WARPS[(j & 3) as 0 | 1 | 2 | 3];

const WARPED_RHO = 0.6;

/** A chain of normals; each feature then goes through a separate map. */
function warped(dim: number, defaultEntropy: number): ToyFamily {
  const features = Array.from({ length: dim }, (_, j) => warpOf(j));
  return {
    dim,
    classes: 1,
    defaultNoise: 0,
    defaultEntropy,
    point: (index, stream, key) =>
      chained(freshNormals(dim, index, stream, key), WARPED_RHO).map((y, j) => warpOf(j).forward(y)),
    moments: () => ({
      mean: features.map(({ mean }) => mean),
      variance: features.map(({ variance }) => variance),
    }),
    density: () => ({
      logDensity: (...row) => {
        const chain = row.map((x, j) => warpOf(j).inverse(x));
        if (chain.some(Number.isNaN)) return -Infinity;
        const slopes = chain.reduce((sum, y, j) => sum + warpOf(j).logSlope(y), 0);
        return chainLogDensity(chain, WARPED_RHO) - slopes;
      },
      entropy: () =>
        features.reduce((sum, { logSlope }) => sum + normalMean(logSlope), chainEntropy(dim, WARPED_RHO)),
    }),
  };
}

/** E f(y) of a standard normal y, by a sum fine enough to be exact up to rounding for the slopes above. */
export function normalMean(f: (y: number) => number): number {
  const step = 1 / 32;
  const reach = 12 / step;
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += Math.exp(-0.5 * (i * step) ** 2) * f(i * step);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

export const VECTOR_FAMILIES: Readonly<Record<(typeof VECTOR_NAMES)[number], ToyFamily>> = {
  mixture6: mixture(6, 5.7002),
  mixture16: mixture(16, 12.1735),
  warped8: warped(8, 7.472121),
};
