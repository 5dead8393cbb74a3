import { describe, expect, it } from 'vitest';
import { Flow, PRESETS, realnvp } from '../../src/index.ts';
import { Table } from '../../src/table.ts';
import { uniforms, normals } from '../../src/random.ts';
import { testDevice, testOptions } from '../support/device.ts';

const N = 3000;
const u = uniforms(1, 99, 4 * N);
const z = normals(2, 99, N);
const CITIES = ['Lima', 'Oslo', 'Rome'];
const SHARES = [0.5, 0.3, 0.2];

/** city ~ SHARES; rain is blank in a tenth, 0 in half of the others, else exp of a normal whose mean is the city's. */
const rows = Array.from({ length: N }, (_, i) => {
  const draw = (k: number): number => u[4 * i + k] ?? NaN;
  const city = draw(0) < 0.5 ? 0 : draw(0) < 0.8 ? 1 : 2;
  const rain = draw(1) < 0.1 ? null : draw(1) < 0.55 ? 0 : Math.exp(city + 0.5 * (z[i] ?? NaN));
  return { city: CITIES[city] ?? '', visits: draw(2) < 0.25 ? 1 : draw(2) < 0.75 ? 2 : 3, rain, kind: 'a' };
});

it('learns skewed counts from zero up, and draws none below', async () => {
  const counts = Array.from({ length: 400 }, (_, i) => ({
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

describe('a table of categories, integers, blanks and repeating values', () => {
  it('is learned: log-masses are exact, and samples have the shares and values of the data', async () => {
    const table = Table.infer(rows);
    expect(table.columns.map(({ type }) => type)).toEqual(['category', 'count', 'number', 'constant']);
    using flow = await Flow.create(PRESETS.spline, {
      ...table.shape,
      device: await testDevice(),
      tuning: 'fixed',
      seed: 1,
    });
    for await (const _ of table.fit(flow, rows, { steps: 600, batch: 512 }));
    const asked = [
      { city: 'Lima', visits: 1, rain: 0, kind: 'a' },
      { city: 'Rome', visits: 2, rain: null, kind: 'a' },
      { city: 'Oslo', visits: 3, rain: Math.exp(1), kind: 'a' },
    ];
    const found = await table.logProb(flow, asked, { draws: 256 });
    const density = 0.45 / (Math.exp(1) * 0.5 * Math.sqrt(2 * Math.PI));
    const exact = [0.5 * 0.25 * 0.45, 0.2 * 0.5 * 0.1, 0.3 * 0.25 * density].map(Math.log);
    // A flow of 600 steps, and shares of 3,000 rows: a quarter of a nat.
    exact.forEach((value, i) => expect(Math.abs((found[i] ?? NaN) - value), `row ${i}`).toBeLessThan(0.25));

    const drawn = await table.sample(flow, 4000, { seed: 3 });
    const share = (is: (row: (typeof drawn)[number]) => boolean): number =>
      drawn.filter(is).length / drawn.length;
    CITIES.forEach((city, i) =>
      expect(share((row) => row['city'] === city)).toBeCloseTo(SHARES[i] ?? NaN, 1),
    );
    expect(share(({ rain }) => rain === null)).toBeCloseTo(0.1, 1);
    expect(share(({ rain }) => rain === 0)).toBeCloseTo(0.45, 1);
    expect(share(({ visits }) => visits === 2)).toBeCloseTo(0.5, 1);
    expect(drawn.every(({ kind, rain }) => kind === 'a' && (rain === null || Number(rain) >= 0))).toBe(true);

    const again = await Flow.load(await flow.save(), { device: await testDevice(), tuning: 'fixed' });
    const loaded = Table.of(again);
    expect(await loaded.logProb(again, asked)).toEqual(await table.logProb(flow, asked));
    again.dispose();
  });
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
