import { describe, expect, it } from 'vitest';
import type { ColumnKind } from '../../src/table/infer.ts';
import { planTable } from '../../src/table/plan.ts';
import { TableProfile } from '../../src/table/profile.ts';
import { normals, uniforms } from '../../src/random.ts';

function planOf(columns: Record<string, readonly string[]>, types: Record<string, ColumnKind> = {}) {
  const names = Object.keys(columns);
  const profile = new TableProfile(names);
  const rows = Math.max(...Object.values(columns).map(({ length }) => length));
  for (let i = 0; i < rows; i++)
    profile.add(
      names.map((name) => columns[name]?.[i] ?? ''),
      i + 2,
    );
  return planTable('t.csv', profile, { asked: new Map(Object.entries(types)) });
}

const N = 300;
const u = uniforms(1, 50, 3 * N);
const z = normals(1, 51, 2 * N);
const real = (of: (i: number) => number, decimals = 6): string[] =>
  Array.from({ length: N }, (_, i) => of(i).toFixed(decimals));
const plain = real((i) => z[i] ?? NaN);

describe('cells that could be misread', () => {
  it.each([
    ['thousands separators', ['4,273', '12,001', '7,482'], /row 2, column "x": found "4,273".*thousands/],
    [
      'decimal commas',
      ['4,2', '12,0', '7,4'],
      /found "4,2", expected a number\. Write decimals with a point/,
    ],
    [
      'a typing error among numbers',
      [...plain, 'o.5'],
      /row 302, column "x": found "o.5", expected a number/,
    ],
    ['dates of either order', ['03/04/2021', '05/06/2021'], /may begin with the day or with the month/],
    ['a number beyond float32', ['1', '2', '1e39', '4'], /row 4, column "x": found "1e39"/],
  ])('are refused: %s', (_, texts, message) => {
    expect(() => planOf({ x: texts, y: plain })).toThrow(message);
  });

  it('are read where the user says what they are', () => {
    const dates = Array.from({ length: N }, (_, i) => `0${(i % 9) + 1}/0${(i % 7) + 1}/2021`);
    const { codec } = planOf({ when: dates }, { when: 'day_first' });
    expect(codec.columns[0]).toMatchObject({ type: 'number', form: 'day_first', step: 1 });
    const sorted = planOf(
      { when: dates.map((date) => date.replace('/', '.').replace('/', '.')) },
      { when: 'month_first' },
    );
    expect(sorted.codec.columns[0]).toMatchObject({ form: 'month_first' });
  });

  it('are kept as they are where a kind does not fit', () => {
    expect(() => planOf({ x: plain }, { x: 'unit' })).toThrow(
      /column "x": found .*, expected a number between 0 and 1 \(unit\)/,
    );
    expect(() => planOf({ x: plain }, { x: 'integer' })).toThrow(/column "x": found fractions/);
    expect(() => planOf({ x: plain }, { x: 'date' })).toThrow(
      /column "x": found .*, expected dates \(date\)/,
    );
    const words = plain.map((_, i) => `w${i % 3}`);
    expect(() => planOf({ x: words }, { x: 'real' })).toThrow(
      /row 2, column "x": found "w0", expected a number/,
    );
    expect(() => planOf({ x: plain }, { y: 'real' })).toThrow(
      '--types: found the column "y", expected one of x',
    );
  });
});

describe('values that repeat', () => {
  it('are atoms if they stand out, and a code for missing is named', () => {
    const rain = plain.map((text, i) => ((u[i] ?? 0) < 0.7 ? '0' : text));
    const coded = plain.map((text, i) => ((u[i] ?? 0) < 0.2 ? '-999' : text));
    const { codec, warnings } = planOf({ rain, coded });
    expect(codec.columns).toMatchObject([{ atoms: { texts: ['0'] } }, { atoms: { texts: ['-999'] } }]);
    expect(warnings).toEqual([
      expect.stringMatching(/^coded: -999 in \d+ rows looks like a code for missing/),
    ]);
    expect(codec.columns[1]).toMatchObject({ min: expect.closeTo(-3, -0.5) as number });
  });

  it('are a code for missing where a few lie far from small whole numbers', () => {
    const stars = Array.from({ length: N }, (_, i) => (i % 60 === 0 ? '-999' : String(i % 5)));
    const { codec, warnings } = planOf({ stars, x: plain });
    expect(codec.columns[0]).toMatchObject({
      step: 1,
      min: 0,
      max: 4,
      atoms: { texts: ['-999'], counts: [5] },
    });
    expect(warnings).toEqual([expect.stringMatching(/^stars: -999 in 5 rows looks like a code for missing/)]);
    const ninety = Array.from({ length: N }, (_, i) => String(60 + (i % 40)));
    expect(planOf({ ninety, x: plain }).warnings).toEqual([]);
  });

  it('are a warning if a real column has few values', () => {
    const { codec, warnings } = planOf({ x: real((i) => Math.round(10 * (u[i] ?? 0)) / 10, 1), y: plain });
    expect(codec.columns[0]).toMatchObject({ type: 'number', step: 0 });
    expect(warnings).toEqual([expect.stringMatching(/^x: only 11 different values in 300 rows/)]);
  });

  it('are labels of their own among numbers', () => {
    const { codec } = planOf({ x: plain.map((text, i) => (i % 10 === 0 ? 'not measured' : text)) });
    expect(codec.columns[0]).toMatchObject({
      type: 'number',
      atoms: { texts: ['not measured'], counts: [30] },
    });
  });
});

describe('columns that depend on each other', () => {
  it('are determined by others: left out, and written back', () => {
    const a = real((i) => u[i] ?? NaN, 3);
    const b = real((i) => (1 - (u[i] ?? 0)) * (u[N + i] ?? 0), 3);
    const c = a.map((text, i) => (1 - Number(text) - Number(b[i])).toFixed(3));
    const { codec, warnings } = planOf({ a, b, c });
    expect(codec.learned).toEqual(['a', 'b']);
    expect(codec.columns[2]).toEqual({
      type: 'linear',
      name: 'c',
      of: ['a', 'b'],
      weights: [-1, -1],
      constant: 1,
      decimals: 3,
    });
    expect(warnings).toEqual([expect.stringMatching(/^c is determined by a, b\./)]);
    expect(codec.decode(Float64Array.of(0.25, 0.5))).toEqual([['0.25', '0.5', '0.25']]);
    expect(planOf({ a, b, c }, { c: 'real' }).codec.learned).toEqual(['a', 'b', 'c']);
  });

  it('are nearly the same: learned, with a warning', () => {
    const twin = real((i) => (z[i] ?? NaN) + 0.01 * (z[N + i] ?? NaN));
    const { codec, warnings } = planOf({ plain, twin });
    expect(codec.learned).toEqual(['plain', 'twin']);
    expect(warnings).toEqual([expect.stringMatching(/^twin is nearly the same as plain/)]);
  });

  it('are independent: nothing is said', () => {
    const other = real((i) => z[N + i] ?? NaN);
    expect(planOf({ plain, other }).warnings).toEqual([]);
  });
});
