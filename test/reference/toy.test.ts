import { beforeAll, describe, expect, it } from 'vitest';
import { TOY_NAMES, toyDensity } from '../../src/data/toy.ts';
import type { ToyDensity } from '../../src/data/toy.ts';
import { ShapeError } from '../../src/errors.ts';
import { STREAMS } from '../../src/random.ts';

const POINTS = 20_000;

describe.each(TOY_NAMES.filter((name) => toyDensity(name).dim === 2))('the toy density %s', (name) => {
  const density = toyDensity(name);
  let grid: Cell[] = [];
  beforeAll(() => {
    grid = gridOf(density);
  });
  const points = density.sample(17, STREAMS.toyTest, 0, POINTS);
  const column = (index: 0 | 1): number[] => Array.from({ length: POINTS }, (_, i) => points[2 * i + index]!);

  it('integrates to 1, with mean 0, variance 1 and the stored entropy', () => {
    expect(sumOver(grid, () => 1)).toBeCloseTo(1, 3);
    for (const axis of ['x', 'y'] as const) {
      expect(sumOver(grid, (cell) => cell[axis])).toBeCloseTo(0, 3);
      expect(sumOver(grid, (cell) => cell[axis] ** 2)).toBeCloseTo(1, 3);
    }
    expect(Math.abs(sumOver(grid, (cell) => -cell.logDensity) - density.entropy)).toBeLessThan(0.003);
  });

  // Four standard errors.
  it('has points with mean 0 and standard deviation 1', () => {
    for (const axis of [0, 1] as const) {
      const { mean, error } = meanOf(column(axis));
      expect(Math.abs(mean)).toBeLessThan(4 * error);
      const square = meanOf(column(axis).map((value) => value * value));
      expect(Math.abs(square.mean - 1)).toBeLessThan(4 * square.error);
    }
  });

  it('has points whose mean −log p is the entropy', () => {
    const surprise = Array.from(
      { length: POINTS },
      (_, i) => -density.logDensity(points[2 * i]!, points[2 * i + 1]!),
    );
    const { mean, error } = meanOf(surprise);
    expect(Math.abs(mean - density.entropy)).toBeLessThanOrEqual(4 * error + 1e-9);
  });

  it('has classes of known entropy: a class and its points tell as much as the points alone', () => {
    const { classes } = density;
    const labels = density.sampleClasses(17, STREAMS.toyTest, 0, POINTS);
    expect(labels).toHaveLength(classes * POINTS);
    for (let c = 0; c < classes; c++) {
      const share = labels.reduce((sum, value, i) => (i % classes === c ? sum + value : sum), 0) / POINTS;
      expect(share).toBeCloseTo(1 / classes, 3);
    }
    // h(x) − log K ≤ h(x | c) ≤ h(x), with equality on the left if the components are disjoint.
    const apart = density.entropy - Math.log(classes);
    expect(density.classEntropy).toBeGreaterThan(apart - 1e-4);
    expect(density.classEntropy).toBeLessThan(apart + (name === 'pinwheel' ? 0.02 : 0.002));
  });

  it('has points that fall into the regions of the plane as often as its density says', () => {
    const across = 6;
    const regionOf = (x: number, y: number): number => {
      const place = (value: number): number =>
        Math.min(across - 1, Math.max(0, Math.floor(value + across / 2)));
      return place(y) * across + place(x);
    };
    const shares = new Float64Array(across * across);
    for (const { x, y, mass } of grid) shares[regionOf(x, y)]! += mass;
    const counts = new Float64Array(across * across);
    for (let i = 0; i < POINTS; i++) counts[regionOf(points[2 * i]!, points[2 * i + 1]!)]!++;
    counts.forEach((count, region) => {
      const error = Math.sqrt(POINTS * shares[region]!) + 1;
      // 1 % for the cells of the checkerboard's grid that lie across a region's border.
      expect(Math.abs(count - POINTS * shares[region]!)).toBeLessThan(5 * error + 0.01 * count);
    });
  });

  it('gives a point that depends on seed, stream and index alone', () => {
    const start = 2 ** 32 - 5;
    const whole = density.sample(3, STREAMS.toyTraining, start, 10);
    expect(density.sample(3, STREAMS.toyTraining, start + 4, 6)).toEqual(whole.slice(8));
    expect(density.sample(3, STREAMS.toyTest, start, 10)).not.toEqual(whole);
    expect(density.sample(4, STREAMS.toyTraining, start, 10)).not.toEqual(whole);
  });

  it('refuses a noise that it does not have', () => {
    for (const noise of [-1, NaN, 2]) expect(() => toyDensity(name, { noise })).toThrow(ShapeError);
  });
});

describe('entropies', () => {
  it('is log 6 for the checkerboard', () => {
    expect(toyDensity('checkerboard').entropy).toBeCloseTo(Math.log(6), 12);
  });

  it('nears that of eight Gaussians far apart as their noise shrinks', () => {
    const noise = 0.02;
    const apart = Math.log(8) + Math.log(2 * Math.PI * Math.E * noise ** 2) - Math.log(2 + noise ** 2);
    expect(toyDensity('8gaussians', { noise }).entropy).toBeCloseTo(apart, 6);
  });

  it('nears that of the normal distribution as the noise of eight Gaussians grows', () => {
    const normal = Math.log(2 * Math.PI * Math.E);
    const entropies = [0.2, 0.5, 1].map((noise) => toyDensity('8gaussians', { noise }).entropy);
    expect(entropies).toEqual([...entropies].sort((a, b) => a - b));
    expect(normal - entropies[2]!).toBeGreaterThan(0);
    expect(normal - entropies[2]!).toBeLessThan(0.1);
  });

  it.each([
    ['moons', 0.1],
    ['circles', 0.08],
    ['8gaussians', 0.4],
    ['pinwheel', 0.15],
    ['spirals', 0.2],
  ] as const)('integrates the entropy of %s for the noise %d on request', (name, noise) => {
    const density = toyDensity(name, { noise });
    expect(density.noise).toBe(noise);
    expect(Math.abs(sumOver(gridOf(density), (cell) => -cell.logDensity) - density.entropy)).toBeLessThan(
      0.003,
    );
  });

  it.each(['moons', 'circles', '8gaussians', 'pinwheel', 'spirals'] as const)(
    'has integrated the stored entropy of %s in the same way',
    (name) => {
      const stored = toyDensity(name);
      // The entropy for a noise just off the default is not stored.
      const integrated = toyDensity(name, { noise: stored.noise * (1 + 1e-9) });
      expect(integrated.entropy).toBeCloseTo(stored.entropy, 5);
    },
  );
});

describe('log-densities', () => {
  it.each(['moons', 'circles', '8gaussians', 'pinwheel', 'spirals'] as const)(
    'falls off like a Gaussian far from %s, where the density itself underflows',
    (name) => {
      const density = toyDensity(name);
      const near = density.logDensity(20, -3);
      const far = density.logDensity(40, -6);
      expect(near).toBeLessThan(-800);
      expect(far / near).toBeGreaterThan(3);
      expect(far / near).toBeLessThan(6);
    },
  );

  it('is −∞ off the dark squares of the checkerboard', () => {
    const density = toyDensity('checkerboard');
    expect(density.logDensity(0.4, 0.4)).toBeCloseTo(-Math.log(6), 12);
    expect(density.logDensity(0.4, -0.4)).toBe(-Infinity);
    expect(density.logDensity(2, 0)).toBe(-Infinity);
  });
});

describe('names', () => {
  it('refuses a name that is no density and lists those that are', () => {
    expect(() => toyDensity('swissroll' as 'moons')).toThrow(/swissroll.*moons, circles, 8gaussians/s);
  });
});

interface Cell {
  x: number;
  y: number;
  logDensity: number;
  mass: number;
}

/** The cells of a fine grid around the origin with non-zero mass. */
function gridOf(density: ToyDensity): Cell[] {
  // Half the noise, and a whole number of cells fits a unit; so it does the checkerboard's squares.
  const step =
    density.noise === 0
      ? 1 / density.std[0]! / 32
      : 1 / Math.ceil((2 * Math.max(...density.std)) / density.noise);
  // The banana's ends are far out.
  const half = Math.ceil((density.name === 'banana' ? 24 : 4) / step);
  const cells: Cell[] = [];
  for (let j = -half; j < half; j++) {
    for (let i = -half; i < half; i++) {
      const x = (i + 0.5) * step;
      const y = (j + 0.5) * step;
      const logDensity = density.logDensity(x, y);
      const mass = Math.exp(logDensity) * step * step;
      if (mass > 0) cells.push({ x, y, logDensity, mass });
    }
  }
  return cells;
}

function sumOver(cells: readonly Cell[], f: (cell: Cell) => number): number {
  return cells.reduce((sum, cell) => sum + cell.mass * f(cell), 0);
}

function meanOf(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, error: Math.sqrt(variance / values.length) };
}
