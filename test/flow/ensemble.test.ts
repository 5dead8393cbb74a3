/** Several flows as one density. */
import { describe, expect, it } from 'vitest';
import { Ensemble, logMeanDensity } from '../../src/flow/ensemble.ts';
import { Flow } from '../../src/flow/flow.ts';
import { Table } from '../../src/flow/table.ts';
import type { TableRow } from '../../src/flow/table.ts';
import { PRESETS, realnvp } from '../../src/presets/index.ts';
import { testOptions } from '../support/device.ts';

describe('an ensemble', () => {
  it('has the mean of the densities', async () => {
    const flows = await members(3);
    const rows = Float32Array.of(0, 0, 1, -1, 3, 2);
    const each = await Promise.all(flows.map((flow) => flow.logProb(rows)));
    const found = await new Ensemble(flows).logProb(rows);
    found.forEach((value, row) => {
      const mean = each.reduce((sum, logProb) => sum + Math.exp(logProb[row]!), 0) / 3;
      expect(value).toBeCloseTo(Math.log(mean), 4);
    });
    for (const flow of flows) flow.dispose();
  });

  it('draws row r from flow r mod K, whatever the pieces are', async () => {
    const flows = await members(3);
    const ensemble = new Ensemble(flows);
    const whole = await ensemble.sample(10, { seed: 4 });
    const pieces = [
      await ensemble.sample(4, { seed: 4 }),
      await ensemble.sample(1, { seed: 4, firstRow: 4 }),
      await ensemble.sample(5, { seed: 4, firstRow: 5 }),
    ];
    expect(pieces.flatMap((piece) => [...piece])).toEqual([...whole]);
    const own = await flows[1]!.sample(3, { seed: 4, firstRow: 2 ** 40 });
    expect([1, 4, 7].flatMap((row) => [...whole.subarray(2 * row, 2 * row + 2)])).toEqual([...own]);
    for (const flow of flows) flow.dispose();
  });

  it('takes flows of the same columns only', async () => {
    using two = await Flow.create(realnvp(2), await testOptions());
    using three = await Flow.create(realnvp(3), await testOptions());
    expect(() => new Ensemble([two, three])).toThrow('flows: found 3 features, expected 2 features');
    expect(() => new Ensemble([])).toThrow('flows: found none');
  });

  it('scores and draws rows of a table, and refuses a flow of the same columns of another table', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      kind: i % 3 === 0 ? 'a' : 'b',
      x: Math.sin(7 * i),
    }));
    const table = Table.infer(rows);
    const flows = await trained(table, rows, 2);
    const ensemble = new Ensemble(flows);
    const [one, two, both] = [
      await table.logProb(flows[0]!, rows),
      await table.logProb(flows[1]!, rows),
      await table.logProb(ensemble, rows),
    ];
    both.forEach((found, row) =>
      expect(found).toBeCloseTo(Math.log((Math.exp(one[row]!) + Math.exp(two[row]!)) / 2), 4),
    );
    const drawn = await table.sample(ensemble, 20, { seed: 1 });
    expect(drawn.every(({ kind }) => kind === 'a' || kind === 'b')).toBe(true);
    const swapped = rows.map(({ kind, x }) => ({ kind: kind === 'a' ? 'b' : 'a', x }));
    const [other] = await trained(Table.infer(swapped), swapped, 1);
    expect(() => new Ensemble([flows[0]!, other!])).toThrow(/of another table, expected/);
    for (const flow of [...flows, other!]) flow.dispose();
  });

  it('keeps log-densities that no exponential can hold, and −∞', () => {
    const found = logMeanDensity([
      Float32Array.of(-1e4, -Infinity, -2),
      Float32Array.of(-1e4, -Infinity, -Infinity),
    ]);
    expect([...found]).toEqual([-1e4, -Infinity, Math.fround(-2 - Math.LN2)]);
  });
});

async function trained(table: Table, rows: readonly TableRow[], count: number): Promise<Flow[]> {
  const flows = [];
  for (let seed = 0; seed < count; seed++) {
    const flow = await Flow.create(PRESETS.realnvp, { ...table.shape, ...(await testOptions()), seed });
    for await (const _ of table.fit(flow, rows, { steps: 5, batch: 32, seed, validation: false }));
    flows.push(flow);
  }
  return flows;
}

async function members(count: number): Promise<Flow[]> {
  const opened = await testOptions();
  const points = Float32Array.from({ length: 200 }, (_, i) => Math.sin(7 * i) + Math.cos(i / 3));
  return Promise.all(
    Array.from({ length: count }, async (_, seed) => {
      const flow = await Flow.create(realnvp(2, { couplings: 2, hidden: [8] }), { ...opened, seed });
      for await (const _ of flow.fit(points, { steps: 5, batch: 32, seed, validation: false }));
      return flow;
    }),
  );
}
