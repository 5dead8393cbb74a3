import { beforeAll, describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { Table } from '../../src/flow/table.ts';
import { PRESETS } from '../../src/presets/index.ts';
import { normals, uniforms } from '../../src/random.ts';
import { testDevice } from '../support/device.ts';

const N = 3000;
const DRAWN = 10_000;
const DAYS = 200;
const CITIES = ['Lima', 'Oslo', 'Rome'];
const CITY_SHARES = [0.5, 0.3, 0.2];
const VISIT_SHARES = [0.25, 0.5, 0.25];
const BLANKS = 0.1;
const DRY = 0.45;

interface Weather {
  city: string;
  visits: number;
  day: string;
  /** Blank in a tenth; 0 in half of the others, else the exponential of a normal whose mean is the city's number. */
  rain: number | null;
  /** A normal whose mean is ten times the city's number. */
  mean: number;
  kind: string;
}

/** Rows of a known law. */
function weather(rows: number, seed: number): Weather[] {
  const u = uniforms(seed, 99, 4 * rows);
  const z = normals(seed, 98, 2 * rows);
  return Array.from({ length: rows }, (_, i) => {
    const draw = (k: number): number => u[4 * i + k] ?? NaN;
    const normal = (k: number): number => z[2 * i + k] ?? NaN;
    const city = draw(0) < 0.5 ? 0 : draw(0) < 0.8 ? 1 : 2;
    const isWet = draw(1) >= BLANKS + DRY;
    return {
      city: CITIES[city] ?? '',
      visits: draw(2) < 0.25 ? 1 : draw(2) < 0.75 ? 2 : 3,
      day: dayOf(Math.floor(DAYS * draw(3))),
      rain: draw(1) < BLANKS ? null : isWet ? Math.exp(city + 0.5 * normal(0)) : 0,
      mean: 10 * city + 3 * normal(1),
      kind: 'a',
    };
  });
}

function dayOf(index: number): string {
  return new Date(Date.UTC(2024, 0, 1 + index)).toISOString().slice(0, 10);
}

function indexOf(day: string): number {
  return (Date.parse(day) - Date.UTC(2024, 0, 1)) / 86_400_000;
}

function normalLogDensity(value: number, mean: number, std: number): number {
  return -0.5 * ((value - mean) / std) ** 2 - Math.log(std * Math.sqrt(2 * Math.PI));
}

/** log of the mass and density of a row under that law. */
function exactLogProb({ city, visits, rain, mean }: Weather): number {
  const c = CITIES.indexOf(city);
  const wet = (amount: number): number => normalLogDensity(Math.log(amount), c, 0.5) - Math.log(amount);
  const ofRain = rain === null ? Math.log(BLANKS) : rain === 0 ? Math.log(DRY) : Math.log(DRY) + wet(rain);
  const ofLabels = Math.log((CITY_SHARES[c] ?? NaN) * (VISIT_SHARES[visits - 1] ?? NaN)) - Math.log(DAYS);
  return ofLabels + ofRain + normalLogDensity(mean, 10 * c, 3);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function stdOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

describe('a table of numbers, labels, counts, dates, blanks, zeros and a constant', () => {
  const rows = weather(N, 1);
  const fresh = weather(500, 2);
  let table: Table;
  let logMasses: Float32Array;
  let drawn: Weather[];

  beforeAll(async () => {
    table = Table.infer(rows);
    using flow = await Flow.create(PRESETS.spline, {
      ...table.shape,
      device: await testDevice(),
      tuning: 'fixed',
      seed: 1,
    });
    for await (const _ of table.fit(flow, rows, { steps: 1500, batch: 512 }));
    logMasses = await table.logProb(flow, fresh, { draws: 128 });
    drawn = (await table.sample(flow, DRAWN, { seed: 3 })) as unknown as Weather[];
  });

  it('has the columns that a reader would name', () => {
    const types = table.columns.map(({ type }) => type);
    expect(types).toEqual(['category', 'count', 'number', 'number', 'number', 'constant']);
  });

  it('gives rows the log-mass of the law', () => {
    const off = fresh.map((row, i) => exactLogProb(row) - (logMasses[i] ?? NaN));
    // Their mean estimates the divergence of the model from the law, which is not negative.
    expect(meanOf(off)).toBeLessThan(0.3);
    expect(meanOf(off)).toBeGreaterThan((-5 * stdOf(off)) / Math.sqrt(off.length));
  });

  it('draws valid cells alone', () => {
    const isDay = (day: string): boolean => day === dayOf(indexOf(day));
    const isValid = ({ city, visits, day, rain, kind }: Weather): boolean =>
      CITIES.includes(city) &&
      [1, 2, 3].includes(visits) &&
      isDay(day) &&
      (rain === null || rain >= 0) &&
      kind === 'a';
    expect(drawn.filter((row) => !isValid(row))).toEqual([]);
  });

  const shares: [what: string, share: number, has: (row: Weather) => boolean][] = [
    ...CITIES.map((name, i): (typeof shares)[number] => [
      name,
      CITY_SHARES[i] ?? NaN,
      ({ city }) => city === name,
    ]),
    ...VISIT_SHARES.map((share, i): (typeof shares)[number] => [
      `${i + 1} visits`,
      share,
      ({ visits }) => visits === i + 1,
    ]),
    ['blanks', BLANKS, ({ rain }) => rain === null],
    ['zeros', DRY, ({ rain }) => rain === 0],
    ['early days', 0.5, ({ day }) => indexOf(day) < DAYS / 2],
    ['the middle days', 0.5, ({ day }) => Math.abs(indexOf(day) - DAYS / 2) < DAYS / 4],
    ['means near the middle', 0.6827, ({ city, mean }) => Math.abs(mean - 10 * CITIES.indexOf(city)) < 3],
    ['wet days in Rome', 0.2 * DRY, ({ city, rain }) => city === 'Rome' && rain !== null && rain > 0],
  ];

  it.each(shares)('draws the share of %s', (_what, share, has) => {
    const found = meanOf(drawn.map((row) => Number(has(row))));
    // The model has seen N rows; these are DRAWN.
    const error = Math.sqrt(share * (1 - share) * (1 / N + 1 / DRAWN));
    expect(Math.abs(found - share)).toBeLessThan(5 * error);
  });

  it('draws numbers with the moments of their law', () => {
    for (const [c, city] of CITIES.entries()) {
      const own = drawn.filter((row) => row.city === city);
      const means = own.map(({ mean }) => mean);
      const logs = own.flatMap(({ rain }) => (rain ? [Math.log(rain)] : []));
      const error = Math.sqrt((1 / N + 1 / DRAWN) / (CITY_SHARES[c] ?? NaN));
      expect(Math.abs(meanOf(means) - 10 * c), city).toBeLessThan(5 * 3 * error);
      expect(Math.abs(meanOf(logs) - c), city).toBeLessThan(5 * 0.5 * (error / Math.sqrt(DRY)));
    }
  });
});
