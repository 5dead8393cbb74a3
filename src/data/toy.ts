/** Two-dimensional densities with endless fresh points and a known entropy: the floor of any model's NLL. */
import { ShapeError } from '../errors.ts';
import { addToRow, choiceOf, splitRow, splitSeed, spreadWords } from '../random.ts';
import type { Words } from '../random.ts';
import { TOY_FAMILIES, TOY_NAMES } from './toyDensities.ts';
import type { ToyName } from './toyDensities.ts';
import type { Point } from './toyEntropy.ts';

export { TOY_NAMES };
export type { ToyName };

/** A toy density, standardized: its points have mean 0 and standard deviation 1 in each column. */
export interface ToyDensity {
  readonly name: ToyName;
  /** Its number in the kernel toy_batch. */
  readonly shape: number;
  /** Standard deviation of the noise, in the units before standardization. */
  readonly noise: number;
  /** Exact mean and standard deviation of each column before standardization. */
  readonly mean: Point;
  readonly std: Point;
  /** Differential entropy −∫ p log p of the standardized density in nats; no model's expected NLL is below it. */
  readonly entropy: number;
  /** Components, all of the same weight: moons, rings, Gaussians, spokes, spirals, squares. */
  readonly classes: number;
  /** Mean entropy of a class in nats: no model's expected NLL given the class is below it. */
  readonly classEntropy: number;
  /** log p(x, y) of a standardized point, in nats. */
  logDensity: (x: number, y: number) => number;
  /** The standardized point of one block of random words. */
  point: (words: Words) => Point;
  /**
   * Standardized points with indices firstIndex … firstIndex + count − 1, row-major [count, 2]: the points that
   * the kernel toy_batch makes. Points with neighbouring indices cover the curve evenly (docs/derivations.md,
   * eq. (41)), so they are not independent of each other.
   * @throws {ShapeError} for a bad seed or index
   */
  sample: (seed: number, stream: number, firstIndex: number, count: number) => Float32Array;
  /** The class of the point of these words, from 0: of the moons, 0 is the upper one. */
  classOf: (words: Words) => number;
  /** The class of each of the points that `sample` gives, one-hot [count, classes]: a context for a flow. */
  sampleClasses: (seed: number, stream: number, firstIndex: number, count: number) => Float32Array;
}

/** Range in which the quadratures below are good to 1e-6 nats and take well under a second. */
const NOISE_RANGE = [0.01, 1] as const;

/**
 * A toy density by its name. An entropy that is not stored, that of a noise other than the default, is
 * integrated when it is first read, in well under a second.
 * @throws {ShapeError} for an unknown name, or a noise outside 0.01 … 1 (checkerboard: other than 0)
 * @example
 * const { entropy } = toyDensity('moons');
 */
export function toyDensity(name: ToyName, options: { noise?: number | undefined } = {}): ToyDensity {
  const shape = TOY_NAMES.indexOf(name);
  if (shape < 0) throw new ShapeError('toy density', `"${name}"`, `one of ${TOY_NAMES.join(', ')}`);
  const family = TOY_FAMILIES[name];
  const noise = options.noise ?? family.defaultNoise;
  requireNoise(name, noise);

  const { mean, variance } = family.moments(noise);
  const std: Point = [Math.sqrt(variance[0]), Math.sqrt(variance[1])];
  const logStd = Math.log(std[0]) + Math.log(std[1]);
  const plane = once(() => family.density(noise));
  const entropy = once(() =>
    noise === family.defaultNoise ? family.defaultEntropy : plane().entropy() - logStd,
  );
  const { classes } = family;
  const classEntropy = once(() => family.classEntropy(noise) - logStd);
  const classOf = ([word]: Words): number => choiceOf(word, classes);
  const rowsOf = (
    [seed, stream, firstIndex, count]: [number, number, number, number],
    width: number,
    row: (words: Words) => readonly number[],
  ): Float32Array => {
    const key = splitSeed(seed);
    const first = splitRow(firstIndex);
    const rows = new Float32Array(width * count);
    for (let i = 0; i < count; i++) {
      rows.set(row(spreadWords(addToRow(first, i), stream, key)), width * i);
    }
    return rows;
  };
  const point = (words: Words): Point => {
    const [x, y] = family.point(words, noise);
    return [(x - mean[0]) / std[0], (y - mean[1]) / std[1]];
  };
  return {
    name,
    shape,
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
    logDensity: (x, y) => plane().logDensity(mean[0] + std[0] * x, mean[1] + std[1] * y) + logStd,
    point,
    sample: (...place) => rowsOf(place, 2, point),
    classOf,
    sampleClasses: (...place) =>
      rowsOf(place, classes, (words) => Array.from({ length: classes }, (_, c) => +(c === classOf(words)))),
  };
}

/**
 * A toy density by its number in the kernel toy_batch.
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
        'This density has no noise; leave it out.',
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
