/** The quadrature of conditionals against closed forms. */
import { describe, expect, it } from 'vitest';
import { DENSITIES, normalBelow, startNodes } from '../kernels/conditional/curves.ts';
import type { Density } from '../kernels/conditional/curves.ts';
import {
  ConditionalCurve,
  errorOf,
  meanOf,
  pointOf,
  quantileOf,
  refined,
} from '../../src/reference/maths/conditional.ts';
import type { Curve } from '../../src/reference/maths/conditional.ts';

function curveAt({ log }: Density, nodes: number[]): Curve {
  const sorted = nodes.toSorted((a, b) => a - b);
  return { nodes: sorted, logDensity: sorted.map(log) };
}

/** The curve after rounds that add these numbers of nodes. */
function afterRounds(density: Density, rounds: readonly number[]): Curve {
  let curve = curveAt(density, startNodes());
  for (const fresh of rounds)
    curve = curveAt(density, [...Array.from(curve.nodes), ...refined(curve, fresh)]);
  return curve;
}

const FULL = [16, 32, 64];

describe('the curve of a conditional', () => {
  it.each(DENSITIES)('of density "$name" has its mass, shares and quantiles after all rounds', (density) => {
    const known = afterRounds(density, FULL);
    const curve = new ConditionalCurve(known);
    expect(Math.abs(Math.log(curve.total) + curve.peak)).toBeLessThan(3e-4);
    expect(errorOf(known)).toBeLessThan(1e-3);
    for (const share of [0.001, 0.05, 0.3, 0.5, 0.9, 0.999]) {
      const y = quantileOf(curve, share);
      expect(density.below!(y)).toBeCloseTo(share, 3);
      expect(pointOf(curve, y).below).toBeCloseTo(share, 9);
    }
    for (const y of [-3, -0.5, 0.2, 1.9, 6]) {
      const { below, logDensity } = pointOf(curve, y);
      expect(below).toBeCloseTo(density.below!(y), 3);
      // Where there is next to nothing, nodes are rare.
      expect(Math.exp(logDensity)).toBeCloseTo(Math.exp(density.log(y)), 2);
    }
  });

  it.each(DENSITIES)('of density "$name" knows after the quick rounds how exact it is', (density) => {
    const known = afterRounds(density, [10, 16]);
    const curve = new ConditionalCurve(known);
    const error = Math.abs(Math.log(curve.total) + curve.peak);
    expect(errorOf(known)).toBeGreaterThan(error / 3);
  });

  it('says how much of a normal density is at least as unlikely as a value, however far out', () => {
    const normal = DENSITIES[0]!;
    for (const z of [0.02, 0.51, 1.03, 2.03, 4.03, 8.03, 20.03]) {
      for (const own of [0.1 - z, 0.1 + z]) {
        let known = curveAt(normal, startNodes(own));
        known = curveAt(normal, [...Array.from(known.nodes), ...refined(known, 10)]);
        const { logTail } = pointOf(new ConditionalCurve(known), own);
        const exact =
          z < 8 ? Math.log(2 * normalBelow(-z)) : -0.5 * z * z - Math.log(z * Math.sqrt(Math.PI / 2));
        expect(Math.abs(Math.exp(logTail) - Math.exp(exact))).toBeLessThan(1e-3);
        expect(Math.abs(logTail - exact)).toBeLessThan(0.01 * (1 + Math.abs(exact)));
      }
    }
  });

  it('has the mean of a density, and of a function of it', () => {
    const curve = new ConditionalCurve(afterRounds(DENSITIES[5]!, FULL));
    expect(meanOf(curve, (y) => y)).toBeCloseTo(0.8, 3);
    expect(meanOf(curve, (y) => y * y)).toBeCloseTo(0.3 * 4.09 + 0.7 * 4.25, 2);
  });

  it('finds a density whose nodes lie beside it by hundreds of its widths', () => {
    const density: Density = { name: '', log: (y) => -0.5 * ((y - 0.333) / 1e-3) ** 2 };
    const curve = new ConditionalCurve(afterRounds(density, FULL));
    expect(Math.log(curve.total) + curve.peak).toBeCloseTo(Math.log(1e-3 * Math.sqrt(2 * Math.PI)), 3);
  });

  it('is not misled by a ripple at either end of its nodes', () => {
    const normal = DENSITIES[0]!.log;
    const inner = Array.from({ length: 33 }, (_, i) => -4 + i / 4);
    for (const ends of [[-5], [5], [-5, 5]]) {
      const nodes = [...inner, ...ends].sort((a, b) => a - b);
      const logDensity = nodes.map((y) => (Math.abs(y) > 4 ? normal(Math.sign(y) * 4) + 0.1 : normal(y)));
      const { total, peak } = new ConditionalCurve({ nodes, logDensity });
      expect(Math.abs(Math.log(total) + peak)).toBeLessThan(1e-2);
    }
  });

  it('doubts a curve that does not end', () => {
    const rising: Density = { name: '', log: (y) => y };
    expect(errorOf(curveAt(rising, startNodes()))).toBeGreaterThan(0.1);
  });

  it('adds each node between others, and the right number of them', () => {
    for (const density of DENSITIES) {
      const known = curveAt(density, startNodes());
      const fresh = refined(known, 10);
      expect(fresh).toHaveLength(10);
      const all = [...Array.from(known.nodes), ...fresh].sort((a, b) => a - b);
      expect(all.every((node, i) => i === 0 || node > all[i - 1]!)).toBe(true);
    }
  });
});
