import { describe, expect, it } from 'vitest';
import { conditionalDensity } from '../../../src/kernels/conditional/conditional_density.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const SIZES = [
  [1, 1, 1],
  [5, 3, 2],
  [64, 10, 4],
  [131, 15, 1],
] as const;

describe('conditional_density', () => {
  for (const domain of ['real', 'positive', 'unit'] as const) {
    it.each(SIZES)(
      `averages a ${domain} feature: %i rows, %i nodes, %i draws`,
      async (rows, nodes, draws) => {
        const fresh = ramp(rows * nodes, 6, 1);
        // Each node's place, in reverse, after two that are kept.
        const slots = Uint32Array.from(fresh, (_, index) => nodes + 1 - Math.floor(index / rows));
        const known = ramp(rows * (nodes + 2), 1, 9);
        const { gpu, twin } = await runBoth(
          [
            conditionalDensity({
              rows,
              nodes,
              draws,
              domain,
              scale: 1.7,
              ...NAMES,
              of: { fresh: 'fresh', slots: 'slots' },
            }),
          ],
          {
            log_prob: ramp(rows * nodes * draws, 30),
            draw_weight: ramp(draws * rows, 2, 7),
            log_density: known,
            fresh,
            slots,
          },
        );
        expectClose('log_density', gpu('log_density'), twin('log_density'), 1e-5);
        expect(gpu('log_density').slice(0, 2 * rows)).toEqual(known.slice(0, 2 * rows));
      },
    );
  }

  it.each(SIZES)('weights cells: %i rows, %i cells, %i draws', async (rows, nodes, draws) => {
    const length = rows * nodes * draws;
    const { gpu, twin } = await runBoth(
      [
        conditionalDensity({
          rows,
          nodes,
          draws,
          domain: 'unit',
          scale: 1,
          ...NAMES,
          of: { logWeight: 'log_weight' },
        }),
      ],
      {
        log_prob: ramp(length, 30),
        log_weight: ramp(length, 3, 4),
        draw_weight: ramp(draws * rows, 2, 7),
        log_density: rows * nodes,
      },
    );
    expectClose('log_density', gpu('log_density'), twin('log_density'), 1e-5);
  });

  it('is minus infinity where no draw has a density, and finite where one has', async () => {
    const { gpu } = await runBoth(
      [
        conditionalDensity({
          rows: 2,
          nodes: 1,
          draws: 2,
          domain: 'unit',
          scale: 1,
          ...NAMES,
          of: { logWeight: 'log_weight' },
        }),
      ],
      {
        log_prob: Float32Array.of(-Infinity, -Infinity, -Infinity, 2),
        log_weight: 4,
        draw_weight: 4,
        log_density: 2,
      },
    );
    expect(gpu('log_density')[0]).toBe(-Infinity);
    expect(gpu('log_density')[1]).toBeCloseTo(2 - Math.LN2, 5);
  });
});

const NAMES = { logProb: 'log_prob', drawWeight: 'draw_weight', logDensity: 'log_density' };
