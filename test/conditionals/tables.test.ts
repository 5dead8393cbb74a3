/** Columns of every kind, of a flow that has learned a little: its samples are what its conditionals must describe. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Flow, PRESETS } from '../../src/index.ts';
import { sampleGivenParts } from '../../src/flow/questions.ts';
import { explain, impute, predict, sampleGiven, Table } from '../../src/table.ts';
import { TableCodec } from '../../src/table/codec.ts';
import type { Cells } from '../../src/data/cells.ts';
import type { Rows } from '../../src/calls/callerArrays.ts';
import { nearestSamples } from '../../src/conditionals/given.ts';
import { uniforms } from '../../src/random.ts';
import { testGpu } from '../support/device.ts';

const DRAWS = 8;
/** Of a share q of n rows: 99 % of such shares are within it. */
const band = (q: number, n: number): number => 2.576 * Math.sqrt((q * (1 - q)) / n);

let flow: Flow;
let codec: TableCodec;
/** Samples of the flow as a table has them. */
let texts: string[][];
let cells: Cells;

const N = 2000;

beforeAll(async () => {
  const { device } = await testGpu();
  let state = 1;
  const uniform = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const rows = Array.from({ length: 1500 }, () => {
    const a = normal();
    const city = uniform() < 0.5 ? 'Rome' : uniform() < 0.6 ? 'Oslo' : 'Lima';
    return {
      a,
      b: 0.8 * a + 0.6 * normal(),
      price: Math.exp(0.4 * normal() + (city === 'Rome' ? 0 : 1)),
      year: Math.round(1950 + 400 * uniform() + 40 * a),
      city,
      visits: Math.floor(-Math.log(uniform()) * 3),
      rain: uniform() < 0.4 ? 0 : Number((-3 * Math.log(uniform())).toFixed(3)),
    };
  });
  const table = Table.infer(rows);
  flow = await Flow.create(PRESETS.realnvp, { ...table.shape, couplings: 2, hidden: [8], device, seed: 1 });
  for await (const _ of table.fit(flow, rows, { steps: 150, batch: 256 })) void _;
  codec = new TableCodec(table.columns);
  texts = codec.decodeDrawn(await flow.sample(N, { seed: 4 }));
  cells = codec.encode(texts);
});

afterAll(() => flow.dispose());

const given = () => ({ widths: cells.widths, draws: DRAWS });
const numbersOf = (name: string): number[] => {
  const place = codec.columns.findIndex((column) => column.name === name);
  return texts.map((row) => Number(row[place]));
};

describe('predict, of a known density', () => {
  it('has columns of each kind', () => {
    expect(codec.columns.map(({ name, type }) => [name, type])).toEqual([
      ['a', 'number'],
      ['b', 'number'],
      ['price', 'number'],
      ['year', 'number'],
      ['city', 'category'],
      ['visits', 'count'],
      ['rain', 'number'],
    ]);
  });

  it.each(['b', 'price', 'year', 'visits', 'rain'])('covers %s as often as it claims', async (column) => {
    const quantiles = [0.1, 0.5, 0.9];
    const { numbers } = await predict(flow, cells.values, { ...given(), column, quantiles });
    const values = numbersOf(column);
    quantiles.forEach((q, i) => {
      // A whole number n is [n, n + 1).
      const at = (row: number): number => {
        const quantile = numbers!.quantiles[row * quantiles.length + i]!;
        return column === 'year' ? Math.floor(quantile) : quantile;
      };
      const below = values.filter((value, row) => value < at(row)).length / N;
      const upTo = values.filter((value, row) => value <= at(row)).length / N;
      expect(below - band(q, N)).toBeLessThanOrEqual(q);
      expect(upTo + band(q, N)).toBeGreaterThanOrEqual(q);
    });
  });

  it('gives labels the probabilities with which they come', async () => {
    const { probabilities, parts } = await predict(flow, cells.values, { ...given(), column: 'city' });
    const column = codec.columns.findIndex(({ name }) => name === 'city');
    const levels = codec.parts[column]!.codec.values.discrete;
    levels.forEach(({ text }, part) => {
      if (text === undefined) return;
      let [expected, variance] = [0, 0];
      for (let row = 0; row < N; row++) {
        const p = probabilities[row * parts + part]!;
        expected += p;
        variance += p * (1 - p);
      }
      const found = texts.filter((row) => row[column] === text).length;
      expect(Math.abs(found - expected)).toBeLessThan(2.576 * Math.sqrt(variance));
    });
  });
});

describe('explain, of a known density', () => {
  it('has p-values below 5 % in 5 % of the cells of numbers', async () => {
    const { columns, logPValue, below } = await explain(flow, cells.values, given());
    for (const name of ['a', 'b', 'price']) {
      const place = columns.indexOf(name);
      const of = (values: Float64Array): number[] =>
        Array.from({ length: N }, (_, row) => values[row * columns.length + place]!);
      expect(Math.abs(of(logPValue).filter((p) => p < Math.log(0.05)).length / N - 0.05)).toBeLessThan(
        band(0.05, N),
      );
      expect(Math.abs(of(below).filter((share) => share < 0.3).length / N - 0.3)).toBeLessThan(band(0.3, N));
    }
  });
});

describe('the place of a cell among what the others let expect', () => {
  it('is uniform for columns of every kind, with a draw within cells that are masses', async () => {
    const { columns, below, mass } = await explain(flow, cells.values, given());
    const words = uniforms(5, 6, N * columns.length);
    const share = (name: string, of: (value: number) => boolean): number => {
      const place = columns.indexOf(name);
      return (
        Array.from({ length: N }, (_, row) => of(mass[row * columns.length + place]!)).filter(Boolean)
          .length / N
      );
    };
    for (const name of ['city', 'visits', 'year']) expect(share(name, (value) => value > 0)).toBe(1);
    for (const name of ['a', 'b', 'price']) expect(share(name, (value) => value === 0)).toBe(1);
    const zeros = numbersOf('rain').filter((value) => value === 0).length / N;
    expect(share('rain', (value) => value > 0)).toBe(zeros);
    columns.forEach((name, place) => {
      const pit = Float64Array.from({ length: N }, (_, row) => {
        const at = row * columns.length + place;
        return below[at]! + (words[at]! - 0.5) * mass[at]!;
      }).sort();
      const distance = pit.reduce((most, value, i) => Math.max(most, value - i / N, (i + 1) / N - value), 0);
      // 99 % of such distances of all columns together.
      expect(distance, name).toBeLessThan(Math.sqrt(Math.log((2 * columns.length) / 0.01) / (2 * N)));
    });
  });
});

describe('impute', () => {
  it.each([
    ['one blank', ['b']],
    ['three blanks', ['b', 'city', 'price']],
  ])('draws what the row could have had, with %s a row', async (_, blank) => {
    const n = 500;
    const { dim } = flow;
    const learned = codec.columns.map(({ name }) => name);
    const values = cells.values.slice(0, n * dim);
    // What an unknown cell holds must not matter.
    for (const { column, first, features } of codec.parts) {
      if (!blank.includes(column.name)) continue;
      for (let row = 0; row < n; row++)
        values.fill(0.5, row * dim + first, row * dim + first + features.length);
    }
    const unknown = Array.from({ length: n }, () => learned.map((name) => blank.includes(name)));
    const filled = await impute(flow, values, {
      widths: cells.widths.slice(0, n * dim),
      unknown,
      draws: 4,
      seed: 9,
      sweeps: 6,
      copies: 3,
    });
    const rows = codec.decode(filled.values);
    expect(rows).toHaveLength(3 * n);
    const place = learned.indexOf('b');
    // The rank of the true value among three draws is one of four, each as likely.
    const ranks = [0, 0, 0, 0];
    for (let row = 0; row < n; row++) {
      const truth = Number(texts[row]![place]);
      ranks[[0, 1, 2].filter((copy) => Number(rows[3 * row + copy]![place]) < truth).length]!++;
    }
    for (const count of ranks) expect(Math.abs(count / n - 0.25)).toBeLessThan(1.2 * band(0.25, n));
    const kept = learned.flatMap((name, column) => (blank.includes(name) ? [] : [column]));
    const known = codec.decode(cells.values);
    rows.forEach((row, i) => {
      const before = known[Math.floor(i / 3)]!;
      expect(kept.map((column) => row[column])).toEqual(kept.map((column) => before[column]));
    });
  });
});

describe('sampleGiven', () => {
  it('agrees with samples that happen to have the cells', async () => {
    const n = 300;
    const { dim } = flow;
    const city = codec.columns.findIndex(({ name }) => name === 'city');
    const drawn = await flow.sample(60_000, { seed: 11 });
    const all = codec.decodeDrawn(drawn);
    const price = codec.columns.findIndex(({ name }) => name === 'price');
    const b = codec.columns.findIndex(({ name }) => name === 'b');
    const chosen = all.filter((row) => row[city] === 'Oslo' && Math.abs(Number(row[0]) - 0.7) < 0.1);
    expect(chosen.length).toBeGreaterThan(200);
    const wanted = texts[0]!.with(city, 'Oslo').with(0, '0.7');
    const row = codec.encode([wanted]);
    const found = await sampleGiven(flow, n, {
      row: row.values,
      widths: row.widths,
      known: ['city', 'a'],
      seed: 5,
      draws: 4,
      sweeps: 6,
    });
    expect(found.effectiveSize).toBeGreaterThan(n / 3);
    expect(found.values).toHaveLength(n * dim);
    const rows = codec.decode(found.values);
    expect(rows.every((text) => text[city] === 'Oslo' && Number(text[0]) === 0.7)).toBe(true);
    for (const column of [b, price]) {
      const distance = ks(
        rows.map((text) => Number(text[column])),
        chosen.map((text) => Number(text[column])),
      );
      // 99 % of such distances between equal distributions are below it.
      expect(distance).toBeLessThan(1.63 * Math.sqrt(1 / n + 1 / chosen.length));
    }
  });

  it('draws rows part by part as all at once, and counts the sweeps of each', async () => {
    const { values: row, widths } = codec.encode([texts[0]!]);
    const options = { row, widths, known: ['city', 'a'], seed: 5, draws: 1, sweeps: 2 };
    const parts: Rows[] = [];
    const progress: number[] = [];
    for await (const { values } of sampleGivenParts(flow, 2050, options, (rows) => progress.push(rows))) {
      parts.push(values);
    }
    const { dim } = flow;
    expect(parts.map(({ length }) => length / dim)).toEqual([2048, 2]);
    expect(progress).toEqual([1024, 2048, 2049, 2050]);
    const first = await sampleGiven(flow, 2, options);
    expect(parts[0]!.slice(0, 2 * dim)).toEqual(first.values);
    expect(parts[1]).not.toEqual(first.values);
  });

  it('starts each row from a sample of its own', async () => {
    const { values, widths } = codec.encode([texts[0]!]);
    const conditionals = await flow.conditionals();
    const known = conditionals.columns.slice(0, 1);
    const settings = { seed: 5, signal: undefined };
    const { starts } = await nearestSamples(
      flow.sample.bind(flow),
      conditionals,
      { values, widths },
      known,
      settings,
    );
    expect([...starts(0, 3), ...starts(3, 4)]).toEqual(starts(0, 7));
    expect(starts(3, 4)).not.toEqual(starts(0, 4));
  });

  it.each(['Oslo', 'Rome', 'Lima'])('gives each row the label %s', async (label) => {
    const city = codec.columns.findIndex(({ name }) => name === 'city');
    const row = codec.encode([texts[0]!.with(city, label)]);
    const options = { row: row.values, widths: row.widths, known: ['city'], draws: 1, sweeps: 1 };
    const { values } = await sampleGiven(flow, 3, options);
    expect(codec.decode(values).map((cells) => cells[city])).toEqual([label, label, label]);
  });

  it.each([-1, 0.5, NaN])('refuses %s rows', async (n) => {
    const { values: row, widths } = codec.encode([texts[0]!]);
    await expect(sampleGiven(flow, n, { row, widths, known: ['a'] })).rejects.toThrow('n: found');
  });
});

/** The largest distance between two distribution functions. */
function ks(x: number[], y: number[]): number {
  const [a, b] = [x.toSorted((p, q) => p - q), y.toSorted((p, q) => p - q)];
  return Math.max(
    ...[...a, ...b].map((value) =>
      Math.abs(
        a.filter((one) => one <= value).length / a.length - b.filter((one) => one <= value).length / b.length,
      ),
    ),
  );
}
