import { describe, expect, it } from 'vitest';
import { TOY_NAMES, toyDensity } from '../../src/data/toy.ts';
import type { ToyDensity } from '../../src/data/toy.ts';
import { normalMean } from '../../src/data/toyVectors.ts';
import { TOY_FAMILIES } from '../../src/data/toyDensities.ts';
import { STREAMS } from '../../src/random.ts';

const POINTS = 20_000;

/** Required accuracy of an entropy, in nats. */
const ENTROPY_BOUND = 0.003;

describe.each(TOY_NAMES.filter((name) => toyDensity(name).dim > 2))('the toy density %s', (name) => {
  const density = toyDensity(name);
  const { dim } = density;
  const points = density.sample(17, STREAMS.toyTest, 0, POINTS);
  const rowOf = (i: number): number[] => [...points.subarray(i * dim, (i + 1) * dim)];

  it('has the stored entropy, integrated anew', () => {
    const family = TOY_FAMILIES[name];
    const logStd = density.std.reduce((sum, std) => sum + Math.log(std), 0);
    const integrated = family.density(family.defaultNoise).entropy() - logStd;
    expect(Math.abs(integrated - density.entropy)).toBeLessThan(ENTROPY_BOUND);
  });

  // Four standard errors.
  it('has points whose mean −log p is the entropy', () => {
    const { mean, error } = meanOf(
      Array.from({ length: POINTS }, (_, i) => -density.logDensity(...rowOf(i))),
    );
    expect(Math.abs(mean - density.entropy)).toBeLessThan(4 * error);
  });

  it('has points with mean 0 and standard deviation 1', () => {
    for (let j = 0; j < dim; j++) {
      const column = Array.from({ length: POINTS }, (_, i) => points[i * dim + j]!);
      const { mean, error } = meanOf(column);
      expect(Math.abs(mean)).toBeLessThan(4 * error);
      const square = meanOf(column.map((value) => value * value));
      expect(Math.abs(square.mean - 1)).toBeLessThan(4 * square.error);
    }
  });

  it('gives a point that depends on seed, stream and index alone', () => {
    const start = 2 ** 32 - 5;
    const whole = density.sample(3, STREAMS.toyTraining, start, 10);
    expect(density.sample(3, STREAMS.toyTraining, start + 4, 6)).toEqual(whole.slice(4 * dim));
    expect(density.sample(3, STREAMS.toyTest, start, 10)).not.toEqual(whole);
    expect(density.sample(4, STREAMS.toyTraining, start, 10)).not.toEqual(whole);
  });
});

describe('the density of', () => {
  it.each(['mixture6', 'mixture16'] as const)('%s is that of five normals with full covariances', (name) => {
    const density = toyDensity(name);
    const { dim, noise } = density;
    const features = [...Array(dim).keys()];
    const components = [0, 1, 2, 3, 4].map((k) => {
      const rho = 0.8 * Math.cos((2 * Math.PI * k) / 5);
      const centre = features.map((j) => {
        const angle = (2 * Math.PI * k * (1 + (Math.floor(j / 2) % 4))) / 5;
        return j % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
      });
      return {
        centre,
        covariance: features.map((i) => features.map((j) => noise ** 2 * rho ** Math.abs(i - j))),
      };
    });
    const scale = Math.sqrt(0.5 + noise ** 2);
    for (const row of someRows(density)) {
      const x = row.map((value) => scale * value);
      const p = components.reduce(
        (sum, { centre, covariance }) =>
          sum +
          Math.exp(
            normalLogDensity(
              x.map((value, j) => value - centre[j]!),
              covariance,
            ),
          ) /
            5,
        0,
      );
      expect(density.logDensity(...row)).toBeCloseTo(Math.log(p) + dim * Math.log(scale), 8);
    }
  });

  it('warped8 is that of a normal whose features went through maps, by numeric slopes', () => {
    const density = toyDensity('warped8');
    const features = [...Array(8).keys()];
    const covariance = features.map((i) => features.map((j) => 0.6 ** Math.abs(i - j)));
    const undo = [(x: number) => x, Math.asinh, Math.log, (x: number) => Math.sinh(x) / 3];
    for (const row of someRows(density)) {
      const x = row.map((value, j) => density.mean[j]! + density.std[j]! * value);
      const slopes = x.map((value, j) => (undo[j % 4]!(value + 1e-5) - undo[j % 4]!(value - 1e-5)) / 2e-5);
      const logSlopes = slopes.reduce((sum, slope, j) => sum + Math.log(slope * density.std[j]!), 0);
      const chain = x.map((value, j) => undo[j % 4]!(value));
      expect(density.logDensity(...row)).toBeCloseTo(normalLogDensity(chain, covariance) + logSlopes, 5);
    }
  });

  it('warped8 is 0 where no point can be', () => {
    const row = toyDensity('warped8').mean.map((mean, j) => (j === 2 ? -1 : mean));
    expect(toyDensity('warped8').logDensity(...row)).toBe(-Infinity);
  });
});

describe('the moments of a warped normal', () => {
  it('are those of sinh, exp and asinh', () => {
    const { mean, std } = toyDensity('warped8');
    [Math.sinh, Math.exp, (y: number) => Math.asinh(3 * y)].forEach((map, kind) => {
      const average = normalMean(map);
      expect(mean[kind + 1]).toBeCloseTo(average, 8);
      expect(std[kind + 1]! ** 2).toBeCloseTo(
        normalMean((y) => (map(y) - average) ** 2),
        8,
      );
    });
  });
});

describe('the entropy of a mixture', () => {
  it('nears that of its components and their choice as the noise shrinks, and of the normal as it grows', () => {
    const dim = 6;
    const [fine, coarse] = [0.05, 1].map((noise) => toyDensity('mixture6', { noise }));
    const normal = 0.5 * dim * Math.log(2 * Math.PI * Math.E);
    const correlation = [0, 1, 2, 3, 4].reduce(
      (sum, k) => sum + (0.5 * (dim - 1) * Math.log(1 - 0.64 * Math.cos((2 * Math.PI * k) / 5) ** 2)) / 5,
      0,
    );
    const apart = Math.log(5) + normal + correlation + dim * Math.log(0.05 / Math.sqrt(0.5 + 0.05 ** 2));
    expect(fine!.entropy).toBeCloseTo(apart, 6);
    expect(coarse!.entropy).toBeLessThan(normal);
  });
});

/** Rows of the density itself, and others near them. */
function someRows(density: ToyDensity): number[][] {
  const points = density.sample(1, STREAMS.toyTest, 0, 10);
  return Array.from({ length: 20 }, (_, i) =>
    Array.from({ length: density.dim }, (_, j) => points[(i % 10) * density.dim + j]! + (i < 10 ? 0 : 0.05)),
  );
}

/** log N(x; 0, Σ) by Cholesky's factor of Σ. */
function normalLogDensity(x: readonly number[], covariance: readonly (readonly number[])[]): number {
  const factor: number[][] = [];
  const solved: number[] = [];
  let sum = -0.5 * x.length * Math.log(2 * Math.PI);
  covariance.forEach((row, i) => {
    const own: number[] = [];
    for (let j = 0; j <= i; j++) {
      const other = j === i ? own : factor[j]!;
      const rest = row[j]! - own.slice(0, j).reduce((dot, value, k) => dot + value * other[k]!, 0);
      own.push(j === i ? Math.sqrt(rest) : rest / factor[j]![j]!);
    }
    factor.push(own);
    solved.push((x[i]! - solved.reduce((dot, value, k) => dot + value * own[k]!, 0)) / own[i]!);
    sum -= Math.log(own[i]!) + 0.5 * solved[i]! ** 2;
  });
  return sum;
}

function meanOf(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, error: Math.sqrt(variance / values.length) };
}
