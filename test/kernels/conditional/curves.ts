/** Densities on the real line, for the kernels of conditionals. */
import { SPREAD } from '../../../src/kernels/conditional/conditional_start.ts';

export interface Density {
  name: string;
  log: (y: number) => number;
  /** The share below y. */
  below?: (y: number) => number;
}

export function logNormal(y: number, mean: number, sd: number): number {
  return -0.5 * ((y - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);
}

/** The standard normal distribution function, to 1e-12: a series near 0, else a continued fraction. */
export function normalBelow(z: number): number {
  const a = Math.abs(z);
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  let upper: number;
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 100; n++) sum += term *= (a * a) / (2 * n + 1);
    upper = 0.5 - density * sum;
  } else {
    let fraction = 0;
    for (let n = 80; n > 0; n--) fraction = n / (a + fraction);
    upper = density / (a + fraction);
  }
  return z > 0 ? 1 - upper : upper;
}

function mixture(parts: readonly (readonly [weight: number, mean: number, sd: number])[]) {
  return {
    log: (y: number): number => {
      const terms = parts.map(([weight, mean, sd]) => Math.log(weight) + logNormal(y, mean, sd));
      const most = Math.max(...terms);
      return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
    },
    below: (y: number): number =>
      parts.reduce((sum, [weight, mean, sd]) => sum + weight * normalBelow((y - mean) / sd), 0),
  };
}

const T3 = Math.log(2 / (Math.PI * Math.sqrt(3)));

/** Each with total mass 1. */
export const DENSITIES: readonly Density[] = [
  { name: 'normal', ...mixture([[1, 0.1, 1]]) },
  { name: 'narrow', ...mixture([[1, 0.3, 0.1]]) },
  { name: 'very narrow', ...mixture([[1, 0.333, 0.01]]) },
  { name: 'far away', ...mixture([[1, 20, 1]]) },
  { name: 'wide', ...mixture([[1, 1, 10]]) },
  {
    name: 'two modes',
    ...mixture([
      [0.3, -2, 0.3],
      [0.7, 2, 0.5],
    ]),
  },
  {
    name: 'two narrow modes',
    ...mixture([
      [0.3, -2, 0.05],
      [0.7, 1.7, 0.05],
    ]),
  },
  {
    name: 'heavy tails',
    log: (y) => T3 - 2 * Math.log(1 + (y * y) / 3),
    below: (y) => 0.5 + (Math.atan(y / Math.sqrt(3)) + y / Math.sqrt(3) / (1 + (y * y) / 3)) / Math.PI,
  },
  {
    name: 'a kink',
    log: (y) => -Math.abs(y - 0.13) - Math.LN2,
    below: (y) => (y < 0.13 ? 0.5 * Math.exp(y - 0.13) : 1 - 0.5 * Math.exp(0.13 - y)),
  },
];

/** The nodes that conditional_start gives to a row with this value of its own. */
export function startNodes(own = 0.41): number[] {
  return [...SPREAD, -3.5, 0.05, 3.2, own].sort((a, b) => a - b);
}

/** The curves of densities at these nodes of each, as columns [nodes, rows]. */
export function columnsOfCurves(
  densities: readonly Density[],
  nodes: (density: Density) => readonly number[],
): { nodes: Float32Array; logDensity: Float32Array; count: number } {
  const all = densities.map((density) => nodes(density));
  const count = all[0]?.length ?? 0;
  const column = (of: (row: number, i: number) => number): Float32Array =>
    Float32Array.from({ length: count * densities.length }, (_, index) =>
      of(index % densities.length, Math.floor(index / densities.length)),
    );
  const node = (row: number, i: number): number => Math.fround(all[row]?.[i] ?? NaN);
  return {
    nodes: column(node),
    logDensity: column((row, i) => densities[row]?.log(node(row, i)) ?? NaN),
    count,
  };
}
