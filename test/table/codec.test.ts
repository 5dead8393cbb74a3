import { describe, expect, it } from 'vitest';
import { inferColumns } from '../../src/table/infer.ts';
import { TableProfile } from '../../src/table/profile.ts';
import { FORMS } from '../../src/table/forms.ts';
import { TableCodec } from '../../src/table/codec.ts';

function inferred(columns: Record<string, readonly string[]>) {
  const names = Object.keys(columns);
  const profile = new TableProfile(names);
  const rows = Array.from({ length: columns[names[0] ?? '']?.length ?? 0 }, (_, i) =>
    names.map((name) => columns[name]?.[i] ?? ''),
  );
  rows.forEach((row, i) => profile.add(row, i + 2));
  return { found: inferColumns('t.csv', profile), rows, profile };
}

const N = 200;
const cycle = (...texts: string[]): string[] =>
  Array.from({ length: N }, (_, i) => texts[i % texts.length] ?? '');
const reals = Array.from({ length: N }, (_, i) => String(Math.sin(i) * 3));

describe('inferColumns', () => {
  const { found, rows } = inferred({
    id: Array.from({ length: N }, (_, i) => String(i)),
    real: reals,
    skewed: Array.from({ length: N }, (_, i) => String(Math.exp(3 * Math.sin(i)))),
    share: Array.from({ length: N }, (_, i) => String(1 / (1 + Math.exp(-5 * Math.sin(i))))),
    few: cycle('1', '2', '5'),
    many: Array.from({ length: N }, (_, i) => String((i * 37) % 1000)),
    city: cycle('Lima', 'Oslo', 'Rome', 'Bonn', 'Kyiv'),
    yes: cycle('yes', 'no', 'no'),
    date: Array.from({ length: N }, (_, i) =>
      new Date(1e12 + 1e9 * ((i * 7) % 91)).toISOString().slice(0, 10),
    ),
    blank: reals.map((text, i) => (i % 4 === 0 ? 'NA' : text)),
    rain: reals.map((text, i) => (i % 3 === 0 ? '0' : text)),
    same: cycle('9'),
    note: Array.from({ length: N }, (_, i) => `remark ${i}`),
    percent: Array.from({ length: N }, (_, i) => `${((i * 31) % 97) / 2}%`),
    time: Array.from(
      { length: N },
      (_, i) => `${String(i % 24).padStart(2, '0')}:${String((i * 7) % 60).padStart(2, '0')}`,
    ),
  });
  const words = new Map(found.map(({ name, column, leftOut }) => [name, leftOut ?? column]));

  it.each([
    ['real', { type: 'number', domain: 'real', step: 0 }],
    ['skewed', { type: 'number', domain: 'positive', step: 0 }],
    ['share', { type: 'number', domain: 'unit', step: 0 }],
    ['few', { type: 'count', min: 1, counts: [67, 67, 0, 0, 66] }],
    ['many', { type: 'number', step: 1 }],
    ['city', { type: 'category', levels: ['Bonn', 'Kyiv', 'Lima', 'Oslo', 'Rome'] }],
    ['yes', { type: 'category', levels: ['no', 'yes'] }],
    ['date', { type: 'number', form: 'date', step: 1 }],
    ['blank', { type: 'number', atoms: { texts: [''], counts: [50] } }],
    ['rain', { type: 'number', atoms: { texts: ['0'], counts: [67] } }],
    ['same', { type: 'constant', text: '9' }],
    ['percent', { type: 'number', form: 'percent' }],
    ['time', { type: 'number', form: 'time', step: 1 }],
  ] as const)('finds what %s is', (name, expected) => {
    expect(words.get(name)).toMatchObject(expected);
  });

  it('leaves out row numbers and free text, and says why', () => {
    expect(words.get('id')).toBe('it numbers the rows');
    expect(words.get('note')).toBe('text: 200 different texts in 200 rows');
  });

  it('gives back every row, by the codec', () => {
    const kept = found.flatMap(({ column }, place) => (column === undefined ? [] : [{ column, place }]));
    const codec = new TableCodec(kept.map(({ column }) => column));
    const own = rows.map((row) => kept.map(({ place }) => row[place] ?? ''));
    const { values, widths } = codec.encode(own);
    const middle = values.map((value, i) => value + Math.max(widths[i] ?? 0, 0) / 2);
    const back = codec.decode(middle);
    const plain = own.map((row) => row.map((cell) => (cell === 'NA' ? '' : cell)));
    back.forEach((row, i) =>
      row.forEach((cell, j) => {
        const was = plain[i]?.[j] ?? '';
        const isNumber = Number.isFinite(Number(was)) && was !== '';
        const isTime = /^\d\d:\d\d$/.test(was);
        const expected = isTime ? `${was}:00` : was;
        expect(isNumber ? Number(cell).toPrecision(6) : cell).toBe(
          isNumber ? Number(was).toPrecision(6) : expected,
        );
      }),
    );
    expect(codec.news()).toEqual([]);
  });
});

describe('a column of whole numbers', () => {
  it.each([
    ['real', -5, 'a whole number'],
    ['positive', 5, 'a whole number from 0 up'],
  ] as const)('says that it expects those: %s', (domain, min, expected) => {
    const codec = new TableCodec([
      {
        type: 'number',
        name: 'n',
        form: 'decimal',
        domain,
        step: 1,
        min,
        max: 900,
        mean: 300,
        std: 90,
        numbers: 50,
      },
    ]);
    expect(() => codec.encode([['-1.5']])).toThrow(`found "-1.5", expected ${expected}.`);
  });
});

describe('a column of counts', () => {
  const codec = new TableCodec([{ type: 'count', name: 'n', min: 2, counts: [50, 0, 50], blanks: 0 }]);
  const widthOf = (cell: string): number => codec.encode([[cell]]).widths[0] ?? NaN;

  it('gives every whole number from 0 up a mass, and these sum to one', () => {
    const masses = Array.from({ length: 20_000 }, (_, n) => widthOf(String(n)));
    expect(masses.every((mass) => mass > 0)).toBe(true);
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    // The numbers beyond share 1/20,000 of a row of 101.17.
    expect(total).toBeGreaterThan(1 - 5e-6);
    expect(total).toBeLessThan(1);
    expect(masses[2]).toBeCloseTo(50 / (50 + 0.5 + 50 + 1 + 2 / 3), 4);
  });

  it('reads numbers back from their intervals, within the range and beyond', () => {
    for (const n of [0, 1, 2, 3, 4, 5, 6, 7, 10, 30]) {
      const { values, widths } = codec.encode([[String(n)]]);
      const middle = Float64Array.of((values[0] ?? NaN) + (widths[0] ?? NaN) / 2);
      expect(codec.decode(middle)).toEqual([[String(n)]]);
    }
    expect(() => codec.encode([['-1']])).toThrow(/expected a whole number from 0 up/);
    expect(() => codec.encode([['2.5']])).toThrow(/found "2.5"/);
  });

  it('draws numbers of its range alone, and blanks', () => {
    const counted = new TableCodec([{ type: 'count', name: 'n', min: 2, counts: [50, 1, 50], blanks: 9 }]);
    const drawn = Array.from(
      { length: 2001 },
      (_, i) => counted.decodeDrawn(Float64Array.of(i / 2000))[0]?.[0],
    );
    expect([...new Set(drawn)]).toEqual(['', '2', '3', '4']);
    expect(counted.decode(Float64Array.of(1))).not.toEqual([['4']]);
  });

  it('extends below for numbers that may be negative', () => {
    const signed = new TableCodec([{ type: 'count', name: 'n', min: -1, counts: [5, 5, 5], blanks: 5 }]);
    for (const n of ['', '-1', '-2', '-9', '0', '1', '2', '5']) {
      const { values, widths } = signed.encode([[n]]);
      expect(signed.decode(Float64Array.of((values[0] ?? NaN) + (widths[0] ?? NaN) / 2))).toEqual([[n]]);
    }
  });
});

describe('dates with names of months', () => {
  it.each([
    ['Jan 1 2000', 'named_month', 'Jan 1 2000'],
    ['February 28, 2021', 'named_month', 'Feb 28 2021'],
    ['29 Feb 2024', 'named_month_second', '29 Feb 2024'],
    ['3-May-1999', 'named_month_second', '3 May 1999'],
  ] as const)('are read and written: %s', (text, form, written) => {
    expect(FORMS[form].format(FORMS[form].parse(text))).toBe(written);
  });

  it.each(['Feb 30 2021', 'Foo 1 2000', 'jan 1 2000', 'Jan 1'])('are only real days: not %s', (text) => {
    expect(FORMS.named_month.parse(text)).toBeNaN();
  });
});

describe('numbers far from the training rows', () => {
  it('have dates and times that can be read', () => {
    const range = {
      type: 'number',
      domain: 'real',
      step: 1,
      min: 0,
      max: 9,
      mean: 4,
      std: 2,
      numbers: 9,
    } as const;
    const codec = new TableCodec([
      { ...range, name: 'day', form: 'date' },
      { ...range, name: 'moment', form: 'date_time' },
      { ...range, name: 'hour', form: 'time' },
    ]);
    expect(codec.decode(Float64Array.of(1e12, 1e18, 1e9))[0]).toEqual([
      '9999-12-31',
      '9999-12-31T00:00:00Z',
      '23:59:59',
    ]);
    expect(codec.decode(Float64Array.of(-1e12, -1e18, -5))[0]).toEqual([
      '0001-01-01',
      '0001-01-01T00:00:00Z',
      '00:00:00',
    ]);
  });
});

describe('categories', () => {
  const codec = new TableCodec([
    { type: 'category', name: 'city', levels: ['', 'Lima', 'Oslo'], counts: [10, 60, 30] },
  ]);

  it('are as wide as they are frequent, and a new label has the weight of one row', () => {
    const { widths } = codec.encode([['Lima'], ['Oslo'], ['?'], ['Ürümqi']]);
    [60, 30, 10, 1].forEach((rows, i) => expect(widths[i]).toBeCloseTo(rows / 101, 4));
    expect(codec.news()).toEqual(['city: 1 row has values that no training row had ("Ürümqi")']);
  });

  it('compare labels after composing accents', () => {
    const accents = new TableCodec([
      { type: 'category', name: 'c', levels: ['caf\u00e9', 'b'], counts: [1, 1] },
    ]);
    const [one, other] = accents.encode([['caf\u00e9'], ['cafe\u0301']]).values;
    expect(one).toBe(other);
  });
});
