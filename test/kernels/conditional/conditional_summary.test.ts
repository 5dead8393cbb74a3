import { describe, expect, it } from 'vitest';
import { conditionalSummary } from '../../../src/kernels/conditional/conditional_summary.ts';
import { refined } from '../../../src/reference/maths/conditional.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';
import { columnsOfCurves, DENSITIES, normalBelow, startNodes } from './curves.ts';
import type { Density } from './curves.ts';

const NAMES = {
  nodes: 'nodes',
  logDensity: 'log_density',
  points: 'points',
  levels: 'levels',
  summary: 'summary',
};
const POINTS = [-2.2, 0.41, 1.9];
const LEVELS = [0.001, 0.05, 0.5, 0.98, 0.9999];

describe('conditional_summary', () => {
  for (const domain of ['real', 'positive', 'unit'] as const) {
    it(`matches its twin for a ${domain} feature`, async () => {
      const { gpu, twin } = await summary(DENSITIES, { domain, points: POINTS, levels: LEVELS });
      const rows = DENSITIES.length;
      for (const [place, bound] of [
        // The error is a difference, the mean is of large numbers, a log of a share may be of a tiny one.
        ['total', 1e-4],
        ['error', 1e-3],
        ['mean', 1e-3],
        ...POINTS.flatMap(() => [
          ['log density', 1e-4],
          ['below', 1e-4],
          ['log tail', 2e-3],
        ]),
        ...LEVELS.map(() => ['quantile', 1e-3]),
      ].map(([name, bound], place) => [place, bound as number, name] as const)) {
        const part = (values: ArrayLike<number>): number[] =>
          Array.from(values).slice(place * rows, (place + 1) * rows);
        expectClose(
          `summary ${place}`,
          Float32Array.from(part(gpu('summary'))),
          part(twin('summary')),
          bound,
        );
      }
    });
  }

  it('matches its twin where the density rises again at both ends of the nodes', async () => {
    const { log } = DENSITIES[0]!;
    const rippled = {
      name: '',
      log: (y: number) => (Math.abs(y) > 4 ? log(4 * Math.sign(y)) + 0.1 : log(y)),
    };
    const { gpu, twin } = await summary([rippled], {
      domain: 'real',
      points: [0.5, 1, 4.6],
      levels: [0.2],
      nodesOf: () => [-5, ...Array.from({ length: 33 }, (_, i) => -4 + i / 4), 5],
    });
    expectClose('summary', gpu('summary'), twin('summary'), 1e-3);
    expect(Math.abs(twin('summary')[0]!)).toBeLessThan(1e-2);
  });

  it('tells shares of a normal density down to e^-200', async () => {
    const normal = DENSITIES[0]!;
    const { gpu } = await summary([normal], { domain: 'real', points: [0.1, 1.03, 20.03], levels: [0.5] });
    const results = gpu('summary');
    expect(results[0]).toBeCloseTo(0, 3);
    expect(results[3 + 1]).toBeCloseTo(0.5, 3);
    expect(results[6 + 1]).toBeCloseTo(normalBelow(0.93), 3);
    expect(Math.exp(results[6 + 2]!)).toBeCloseTo(2 * normalBelow(-0.93), 3);
    expect(results[9 + 2]! / (-0.5 * 19.93 ** 2 - Math.log(19.93 * Math.sqrt(Math.PI / 2)))).toBeCloseTo(
      1,
      2,
    );
    expect(results[12]).toBeCloseTo(0.1, 3);
  });
});

interface Asked {
  domain: 'real' | 'positive' | 'unit';
  points: number[];
  levels: number[];
  /** Default: 26 more than the first ones. */
  nodesOf?: (density: Density) => number[];
}

function manyNodes({ log }: Density, own: number | undefined): number[] {
  let known = startNodes(own);
  for (const more of [10, 16]) {
    known = [...known, ...refined({ nodes: known, logDensity: known.map(log) }, more)].sort((a, b) => a - b);
  }
  return known;
}

/** The summary of the densities' curves. */
function summary(
  densities: readonly Density[],
  { domain, points, levels, nodesOf = (density) => manyNodes(density, points[2]) }: Asked,
) {
  const rows = densities.length;
  const { nodes, logDensity, count } = columnsOfCurves(densities, nodesOf);
  const shared = (values: readonly number[]): Float32Array =>
    Float32Array.from({ length: values.length * rows }, (_, i) => values[Math.floor(i / rows)] ?? NaN);
  const results = 3 + 3 * points.length + levels.length;
  return runBoth(
    [
      conditionalSummary({
        rows,
        nodes: count,
        points: points.length,
        levels: levels.length,
        domain,
        scale: 1.3,
        buffers: NAMES,
      }),
    ],
    {
      nodes,
      log_density: logDensity,
      points: shared(points),
      levels: shared(levels),
      summary: new Float32Array(results * rows).fill(NaN),
    },
  );
}
