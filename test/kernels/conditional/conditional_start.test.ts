import { describe, expect, it } from 'vitest';
import { conditionalStart, START_NODES } from '../../../src/kernels/conditional/conditional_start.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const QUANTILES = [-2, 0.1, 3];

describe('conditional_start', () => {
  it.each([1, 63, 65, 257])('matches its twin at %i rows, in ascending order', async (rows) => {
    const own = ramp(rows, 3);
    const { gpu, twin } = await start(own, ramp(rows, 1, 2), 0.7);
    expectClose('nodes', gpu('nodes'), twin('nodes'), 1e-6);
    expect([...gpu('slots')]).toEqual([...twin('slots')]);
    for (let row = 0; row < rows; row++) {
      const nodes = column(gpu('nodes'), rows, row);
      expect(nodes).toContain(own[row]);
      expect(nodes.every((node, i) => i === 0 || node > nodes[i - 1]!)).toBe(true);
    }
  });

  it('keeps apart nodes that are equal, and the own value where it is', async () => {
    // A centre and a quantile; far from all others; a million scales away.
    const own = Float32Array.of(0.25, 0.1, -500, 7e5);
    const { gpu, twin } = await start(own, new Float32Array(4).fill(0.25), 1e-3);
    expectClose('nodes', gpu('nodes'), twin('nodes'), 1e-6);
    own.forEach((value, row) => {
      const nodes = column(gpu('nodes'), 4, row);
      expect(nodes).toContain(value);
      expect(new Set(nodes).size).toBe(START_NODES);
    });
  });
});

function start(own: Float32Array, centre: Float32Array, scale: number) {
  const rows = own.length;
  const names = { own: 'own', centre: 'centre', nodes: 'nodes', slots: 'slots' };
  return runBoth([conditionalStart({ rows, scale, quantiles: QUANTILES, ...names })], {
    own,
    centre,
    nodes: new Float32Array(START_NODES * rows).fill(NaN),
    slots: new Uint32Array(START_NODES * rows).fill(99),
  });
}

function column(values: ArrayLike<number>, rows: number, row: number): number[] {
  return Array.from(values).filter((_, index) => index % rows === row);
}
