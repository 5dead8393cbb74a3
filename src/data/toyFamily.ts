/** The names of the toy densities, and the facts of each in its own units. */
import type { WordPair } from '../random.ts';

/** Densities of the plane, in the order of their SHAPE numbers in toy_batch. */
const PLANE_NAMES = [
  'moons',
  'circles',
  '8gaussians',
  'pinwheel',
  'spirals',
  'checkerboard',
  'banana',
] as const;
/** Densities of more than two features, whose SHAPE numbers follow, in toy_vector_batch. */
export const VECTOR_NAMES = ['mixture6', 'mixture16', 'warped8'] as const;
/** The names of all toy densities. */
export const TOY_NAMES = [...PLANE_NAMES, ...VECTOR_NAMES] as const;
/** The name of a toy density. */
export type ToyName = (typeof TOY_NAMES)[number];

/** A density in its own units. */
export interface RowDensity {
  /** log p(x₁, …, x_D) in nats; −∞ outside the support. */
  logDensity: (...row: number[]) => number;
  /** −∫ p log p in nats, integrated at each call. */
  entropy: () => number;
}

export interface ToyFamily {
  /** Number of features D. */
  dim: number;
  /** Components, of equal weight: `choiceOf(word 0, classes)` is the class of a point; 1 if the density has no classes. */
  classes: number;
  /** Mean entropy in nats of one class, in the family's own units; absent if there is only one. */
  classEntropy?: (noise: number) => number;
  /** Standard deviation of the noise; 0 for a family without noise. */
  defaultNoise: number;
  /** Entropy in nats of the standardized density at the default noise. */
  defaultEntropy: number;
  /** The point with this index; points with neighbouring indices may be spread evenly. */
  point: (index: WordPair, stream: number, key: WordPair, noise: number) => readonly number[];
  moments: (noise: number) => { mean: readonly number[]; variance: readonly number[] };
  density: (noise: number) => RowDensity;
}
