import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('questions of a table', () => {
  const asked = rows.slice(0, 6);
  const gaps = [
    { city: '', visits: 2, rain: 0.5 },
    { city: 'Lima', visits: NaN, rain: undefined },
    { city: 'Oslo', visits: 1, rain: 2 },
  ];
  let flow: Flow;
  let table: Table;

  beforeAll(async () => {
    table = Table.infer(rows);
    flow = await Flow.create(PRESETS.realnvp, { ...table.shape, ...(await testOptions()), seed: 1 });
    for await (const _ of table.fit(flow, rows, { steps: 30, batch: 64 }));
  });

  afterAll(() => flow.dispose());

  it('explains each cell of the learned columns, with the log-mass of its row', async () => {
    const found = await table.explain(flow, asked);
    expect(found.map(({ logProb }) => logProb)).toEqual([...(await table.logProb(flow, asked))]);
    for (const { cells } of found) {
      expect(Object.keys(cells)).toEqual(['city', 'visits', 'rain']);
      for (const { surprise, pValue } of Object.values(cells)) {
        expect(Number.isFinite(surprise)).toBe(true);
        expect(pValue).toBeGreaterThan(0);
        expect(pValue).toBeLessThanOrEqual(1);
      }
      expect(Math.exp(-(cells['city']?.surprise ?? NaN))).toBeLessThanOrEqual(1);
    }
  });

  it('predicts a column whatever the rows have there', async () => {
    const options = { column: 'visits', quantiles: [0.1, 0.5, 0.9] };
    const found = await table.predict(flow, asked, options);
    const without = asked.map(({ city, rain }) => ({ city, rain }));
    expect(await table.predict(flow, without, options)).toEqual(found);
    for (const { mean, quantiles = [], probabilities } of found) {
      const [low = NaN, median = NaN, high = NaN] = quantiles.map(Number);
      expect(low).toBeLessThanOrEqual(median);
      expect(median).toBeLessThanOrEqual(high);
      expect([low, median, high].every((value) => [1, 2, 3].includes(value))).toBe(true);
      const expected = [1, 2, 3].reduce((sum, value) => sum + value * (probabilities[value] ?? NaN), 0);
      expect(Number(mean)).toBeCloseTo(expected, 1);
    }
    const [city] = await table.predict(flow, asked, { column: 'city' });
    expect(Object.keys(city ?? {})).toEqual(['probabilities']);
    expect((city?.probabilities['Lima'] ?? NaN) + (city?.probabilities['Oslo'] ?? NaN)).toBeCloseTo(1, 6);
    const [rain] = await table.predict(flow, asked, { column: 'rain' });
    expect(Object.keys(rain?.probabilities ?? {})).toEqual(['']);
    await expect(table.predict(flow, asked, { column: 'snow' })).rejects.toThrow(
      /column: found snow, expected one of city, visits, rain/,
    );
  });

  it('fills blanks with valid values, and keeps the others', async () => {
    const filled = await table.impute(flow, gaps, { copies: 2, seed: 3 });
    expect(filled).toHaveLength(6);
    filled.forEach(({ city, visits, rain }, i) => {
      const given = gaps[Math.floor(i / 2)];
      expect(['Lima', 'Oslo']).toContain(city);
      expect([1, 2, 3]).toContain(visits);
      expect(rain).toBeGreaterThan(0);
      expect([city, '']).toContain(given?.city);
    });
    expect(filled[4]).toEqual(gaps[2]);
    expect(await table.impute(flow, gaps, { copies: 2, seed: 3 })).toEqual(filled);
  });

  it('draws rows with given cells', async () => {
    const { rows: drawn, effectiveSize } = await table.sampleGiven(flow, 5, { city: 'Lima', visits: 2 });
    expect(drawn.every(({ city, visits }) => city === 'Lima' && visits === 2)).toBe(true);
    expect(new Set(drawn.map(({ rain }) => rain)).size).toBeGreaterThan(1);
    expect(effectiveSize).toBeGreaterThan(1);
    expect(effectiveSize).toBeLessThanOrEqual(5);
    await expect(table.sampleGiven(flow, 5, { city: 'Rome' })).rejects.toThrow(
      /given: found city=Rome, expected one of/,
    );
    await expect(table.sampleGiven(flow, 5, { snow: 1 })).rejects.toThrow(
      /found snow, expected columns among/,
    );
    await expect(table.sampleGiven(flow, 5, { visits: 1 }, { sweeps: 0 })).rejects.toThrow(/sweeps.*found 0/);
  });

  it('refuses a flow that has not learned the table', async () => {
    using other = await Flow.create(PRESETS.realnvp, { ...table.shape, ...(await testOptions()), seed: 1 });
    await expect(table.explain(other, asked)).rejects.toThrow(/expected one that learned city, visits, rain/);
  });
});
