import { describe, expect, it } from 'vitest';
import { conditionalRows } from '../../../src/kernels/conditional/conditional_rows.ts';
import type { ConditionalRowsArguments } from '../../../src/kernels/conditional/conditional_rows.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const NAMES = {
  rows: 'rows',
  points: 'points',
  state: 'state',
  rowContext: 'row_context',
  context: 'context',
};

const SIZES = [
  { rows: 1, nodes: 1, draws: 1, features: 1, context: 0, feature: 0 },
  { rows: 5, nodes: 3, draws: 1, features: 2, context: 1, feature: 1 },
  { rows: 64, nodes: 15, draws: 4, features: 3, context: 2, feature: 2, companion: 1 },
  { rows: 131, nodes: 2, draws: 3, features: 7, context: 0, feature: 0, companion: 6 },
];

describe('conditional_rows', () => {
  for (const domain of ['real', 'positive', 'unit'] as const) {
    it.each(SIZES)(`places nodes of a ${domain} feature: %o`, async (size) => {
      const fresh = ramp(size.nodes * size.rows, 4);
      const args = { ...size, domain, scale: 1.7, buffers: { ...NAMES, fresh: 'fresh' } };
      const { gpu, twin } = await run(args, size.draws, { fresh });
      expectClose('state', gpu('state'), twin('state'), 1e-6);
      expect([...gpu('context')]).toEqual([...twin('context')]);
    });
  }

  it.each(SIZES)('places cells: %o', async (size) => {
    const args = { ...size, domain: 'unit', scale: 1, buffers: NAMES } as const;
    const { gpu, twin } = await run(args, size.nodes * size.draws, {});
    expect([...gpu('state')]).toEqual([...twin('state')]);
    expect([...gpu('context')]).toEqual([...twin('context')]);
    const evaluations = size.rows * size.nodes * size.draws;
    const own = gpu('state').slice(size.feature * evaluations, (size.feature + 1) * evaluations);
    const points = ramp(evaluations, 1, 3);
    own.forEach((value, e) => {
      expect(value).toBe(points[e]);
    });
  });
});

function run(args: ConditionalRowsArguments, points: number, more: Record<string, Float32Array>) {
  const { rows, nodes, draws, features, context } = args;
  const evaluations = rows * nodes * draws;
  return runBoth([conditionalRows(args)], {
    rows: ramp(draws * features * rows, 2, 1),
    points: ramp(points * rows, 1, 3),
    state: new Float32Array(features * evaluations).fill(NaN),
    row_context: ramp(Math.max(context * rows, 1), 2, 5),
    context: Math.max(context * evaluations, 1),
    ...more,
  });
}
