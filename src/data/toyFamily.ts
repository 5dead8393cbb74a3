/** The facts of a toy density, in its own units. */
import type { WordPair } from '../random.ts';

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
