import { describe, expect, it } from 'vitest';
import { Flow, PRESETS, realnvp } from '../../src/index.ts';
import { Table } from '../../src/table.ts';
import { uniforms, normals } from '../../src/random.ts';
import { testOptions } from '../support/device.ts';

const N = 400;
const u = uniforms(1, 99, 2 * N);
const z = normals(2, 99, N);

/** A label, a count, and an amount that may be blank. */
const rows = Array.from({ length: N }, (_, i) => ({
  city: (u[2 * i] ?? 0) < 0.5 ? 'Lima' : 'Oslo',
  visits: 1 + (i % 3),
  rain: (u[2 * i + 1] ?? 0) < 0.1 ? null : Math.exp(z[i] ?? NaN),
}));

it('learns skewed counts from zero up, and draws none below', async () => {
  const counts = Array.from({ length: N }, (_, i) => ({
    n: Math.floor(Math.exp(8 * (u[i] ?? 0))) - 1,
    x: z[i] ?? 0,
  }));
  const table = Table.infer(counts);
  expect(table.columns[0]).toMatchObject({ type: 'number', step: 1, domain: 'positive', min: 0 });
  using flow = await Flow.create(PRESETS.realnvp, { ...table.shape, ...(await testOptions()), seed: 1 });
  for await (const _ of table.fit(flow, counts, { steps: 20, batch: 64 }));
  const drawn = await table.sample(flow, 500);
  expect(drawn.every(({ n }) => Number.isInteger(n) && Number(n) >= 0)).toBe(true);
  expect((await table.logProb(flow, counts)).every(Number.isFinite)).toBe(true);
});

it('is kept by the model file', async () => {
  const table = Table.infer(rows);
  using flow = await Flow.create(PRESETS.spline, { ...table.shape, ...(await testOptions()), seed: 1 });
  for await (const _ of table.fit(flow, rows, { steps: 10, batch: 64 }));
  using again = await Flow.load(await flow.save(), await testOptions());
  const loaded = Table.of(again);
  expect(loaded.columns).toEqual(table.columns);
  const asked = rows.slice(0, 20);
  expect(await loaded.logProb(again, asked)).toEqual(await table.logProb(flow, asked));
});

describe('logProb of cells', () => {
  it('takes its rows when it is called, checks their widths, and gives rows the same masses in pieces', async () => {
    using flow = await Flow.create(realnvp(2, { couplings: 2 }), {
      ...(await testOptions()),
      data: Float64Array.of(0, 0, 1, 2, 2, 1),
    });
    const x = Float64Array.of(0, 1, 1, 0, 2, 2);
    const widths = Float32Array.of(1, 0, 0.5, -1, 0, 2);
    const whole = flow.logProb(x, { widths, draws: 8 });
    const before = [x.slice(), widths.slice()] as const;
    x.fill(9);
    widths.fill(0);
    const masses = await whole;
    const rest = await flow.logProb(before[0].slice(4), {
      widths: before[1].slice(4),
      draws: 8,
      firstRow: 2,
    });
    expect([...rest]).toEqual([masses[2]]);
    await expect(flow.logProb(x, { widths: new Float32Array(5) })).rejects.toThrow(
      /x and widths: found 6 and 5 values, expected rows of 2 values/,
    );
    await expect(flow.logProb(x, { widths, draws: 0 })).rejects.toThrow(/draws/);
  });
});
