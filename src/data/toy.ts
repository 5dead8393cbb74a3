/** Densities with endless fresh points and a known entropy, which is the lower bound of any model's NLL. */
import { ShapeError } from '../errors.ts';
import { FINITE, requireOptions } from '../calls/optionRules.ts';
import { addToRow, choiceOf, splitRow, splitSeed, spreadWords } from '../random.ts';
import type { WordPair, Words } from '../random.ts';
import { TOY_FAMILIES } from './toyDensities.ts';
import { TOY_NAMES } from './toyFamily.ts';
import type { ToyName } from './toyFamily.ts';

export { TOY_NAMES };
export type { ToyName };

/** A toy density, standardized: its points have mean 0 and standard deviation 1 in each column. */
export interface ToyDensity {
  readonly name: ToyName;
  /** Its number in the kernel toy_batch, or in toy_vector_batch if it has more than two features. */
  readonly shape: number;
  /** Number of features D. */
  readonly dim: number;
  /** Standard deviation of the noise, in the units before standardization. */
  readonly noise: number;
  /** Exact mean and standard deviation of each column before standardization. */
  readonly mean: readonly number[];
  /** See `mean`. */
  readonly std: readonly number[];
  /** Differential entropy −∫ p log p of the standardized density in nats; no model's expected NLL is below it. */
  readonly entropy: number;
  /** Components of equal weight: moons, rings, Gaussians, spokes, spirals, squares; 1 if the density has no classes. */
  readonly classes: number;
  /** Mean entropy of a class in nats: no model's expected NLL conditioned on the class is below it. */
  readonly classEntropy: number;
  /** log p(x₁, …, x_D) of a standardized point, in nats. */
  logDensity: (...row: number[]) => number;
  /** The standardized point with this index. */
  point: (index: WordPair, stream: number, key: WordPair) => readonly number[];
  /**
   * Standardized points with indices firstIndex … firstIndex + count − 1, row-major [count, D]: the points
   * that the kernel makes. Points with neighbouring indices cover curves and components evenly
   * (docs/derivations.md, eq. (41)), so they are not independent of each other.
   * @throws {ShapeError} for a bad seed or index
   */
  sample: (seed: number, stream: number, firstIndex: number, count: number) => Float32Array;
  /** The class of the point from these words, from 0; class 0 of the moons is the upper moon. */
  classOf: (words: Words) => number;
  /** The class of each point of `sample`, one-hot [count, classes]: a context for a flow. */
  sampleClasses: (seed: number, stream: number, firstIndex: number, count: number) => Float32Array;
}

/** Range in which the quadratures below are accurate to 1e-6 nats (mixtures to 1e-3) and take about a second at most. */
const NOISE_RANGE = [0.01, 1] as const;

/**
 * A toy density by its name. The entropy is stored for the default noise. For other noises it is integrated
 * at the first read, which takes about a second at most.
 * @throws {ShapeError} for an unknown name, or a noise outside 0.01 … 1 (checkerboard, warped8: other than 0)
 * @example
 * const { entropy } = toyDensity('moons');
 */
export function toyDensity(name: ToyName, options: { noise?: number | undefined } = {}): ToyDensity {
  const shape = TOY_NAMES.indexOf(name);
  if (shape < 0) throw new ShapeError('toy density', `"${name}"`, `one of ${TOY_NAMES.join(', ')}`);
  requireOptions('toyDensity', options, { noise: FINITE });
  const family = TOY_FAMILIES[name];
  const noise = options.noise ?? family.defaultNoise;
  requireNoise(name, noise);

  const { dim } = family;
  const { mean, variance } = family.moments(noise);
  const std = variance.map(Math.sqrt);
  const logStd = std.reduce((sum, value) => sum + Math.log(value), 0);
  const density = once(() => family.density(noise));
  const entropy = once(() =>
    noise === family.defaultNoise ? family.defaultEntropy : density().entropy() - logStd,
  );
  const { classes } = family;
  const classEntropy = once(() =>
    family.classEntropy === undefined ? entropy() : family.classEntropy(noise) - logStd,
  );
  const classOf = ([word]: Words): number => choiceOf(word, classes);
  const point = (index: WordPair, stream: number, key: WordPair): number[] =>
    family.point(index, stream, key, noise).map((value, j) => (value - (mean[j] ?? NaN)) / (std[j] ?? NaN));
  const rowsOf = (
    [seed, stream, firstIndex, count]: [number, number, number, number],
    width: number,
    row: (index: WordPair, stream: number, key: WordPair) => readonly number[],
  ): Float32Array => {
    const key = splitSeed(seed);
    const first = splitRow(firstIndex);
    const rows = new Float32Array(width * count);
    for (let i = 0; i < count; i++) rows.set(row(addToRow(first, i), stream, key), width * i);
    return rows;
  };
  const oneHot = (...place: [WordPair, number, WordPair]): number[] => {
    const chosen = classOf(spreadWords(...place));
    return Array.from({ length: classes }, (_, c) => (c === chosen ? 1 : 0));
  };
  return {
    name,
    shape,
    dim,
    noise,
    mean,
    std,
    get entropy() {
      return entropy();
    },
    classes,
    get classEntropy() {
      return classEntropy();
    },
    logDensity: (...row) =>
      density().logDensity(...row.map((value, j) => (mean[j] ?? NaN) + (std[j] ?? NaN) * value)) + logStd,
    point,
    sample: (...place) => rowsOf(place, dim, point),
    classOf,
    sampleClasses: (...place) => rowsOf(place, classes, oneHot),
  };
}

/**
 * A toy density by its number in the kernels.
 * @throws {ShapeError} as `toyDensity`
 */
export function toyDensityOfShape(shape: number, options: { noise?: number | undefined } = {}): ToyDensity {
  const name = TOY_NAMES[shape];
  if (name === undefined) {
    throw new ShapeError('toy shape', String(shape), `an integer from 0 to ${TOY_NAMES.length - 1}`);
  }
  return toyDensity(name, options);
}

function requireNoise(name: ToyName, noise: number): void {
  const [least, most] = NOISE_RANGE;
  if (TOY_FAMILIES[name].defaultNoise === 0) {
    if (noise !== 0) {
      throw new ShapeError(
        `noise of ${name}`,
        String(noise),
        '0',
        'This density has no noise. Leave the option out.',
      );
    }
  } else if (!(noise >= least && noise <= most)) {
    throw new ShapeError(`noise of ${name}`, String(noise), `a number from ${least} to ${most}`);
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
