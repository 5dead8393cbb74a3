import { describe, expect, it } from 'vitest';
import { rowsOfImage } from '../../demo/page/imageRows.ts';
import { extended, rowsOfStrokes } from '../../demo/page/strokes.ts';
import { readTable } from '../../demo/page/table.ts';
import { csvText } from '../../demo/page/csvText.ts';
import { sampleMoments } from '../../demo/page/describe.ts';

describe('painted strokes', () => {
  const line = { radius: 20, points: [100, 512, 924, 512] };

  it('become as many points as asked for, along the line and about as wide as the brush', () => {
    const rows = rowsOfStrokes([line], 4000);
    expect(rows).toHaveLength(8000);
    const { mean, std } = sampleMoments(rows, 2, [0, 1]);
    // The line spans ±412 of 512 units, which are 3 data units; the std of a uniform line is length / √12.
    expect(mean[0]).toBeCloseTo(0, 1);
    expect(mean[1]).toBeCloseTo(0, 2);
    expect(std[0]).toBeCloseTo((824 * 3) / 512 / Math.sqrt(12), 1);
    expect(std[1]).toBeCloseTo((10 * 3) / 512, 2);
  });

  it('point upward where they are high on the pad', () => {
    const { mean } = sampleMoments(rowsOfStrokes([{ radius: 4, points: [512, 100] }], 100), 2, [0, 1]);
    expect(mean[1]).toBeGreaterThan(2);
  });

  it('share the points by their area, in no order', () => {
    const short = { radius: 20, points: [100, 900, 203, 900] };
    const rows = rowsOfStrokes([line, short], 9000);
    const low = Array.from({ length: 9000 }, (_, i) => rows[2 * i + 1]! < -1);
    const share = (flags: boolean[]): number => flags.filter(Boolean).length / flags.length;
    expect(share(low)).toBeCloseTo(1 / 9, 1);
    expect(share(low.slice(0, 900))).toBeCloseTo(1 / 9, 1);
  });

  it('are the same points again, and none where nothing was painted', () => {
    expect(rowsOfStrokes([line], 50)).toEqual(rowsOfStrokes([line], 50));
    expect(rowsOfStrokes([], 50)).toHaveLength(0);
  });

  it('do not grow by a point that hardly moves, and stay on the pad', () => {
    expect(extended(line, 925, 513)).toBe(line);
    expect(extended(line, 2000, -5).points.slice(-2)).toEqual([1023, 0]);
  });
});

describe('an image', () => {
  /** Left half black, right half grey, one row of white below. */
  const width = 8;
  const height = 5;
  const data = Array.from({ length: width * height }, (_, i) => {
    const value = Math.floor(i / width) === 4 ? 255 : i % width < 4 ? 0 : 128;
    return [value, value, value, 255];
  }).flat();

  it('becomes points in proportion to its darkness, and none where it is white', () => {
    const rows = rowsOfImage({ width, height, data }, 6000)!;
    const points = Array.from({ length: 6000 }, (_, i) => [rows[2 * i]!, rows[2 * i + 1]!] as const);
    expect(points.filter(([x]) => x < 0).length / 6000).toBeCloseTo(2 / 3, 1);
    // 8 pixels are 6 units, so 5 go from 1.875 down to −1.875 and the white row lies below −1.125.
    expect(Math.min(...points.map(([, y]) => y))).toBeGreaterThan(-1.13);
    expect(Math.max(...points.map(([, y]) => y))).toBeLessThan(1.88);
  });

  it('that is white or transparent everywhere is none', () => {
    expect(rowsOfImage({ width: 1, height: 2, data: [255, 255, 255, 255, 0, 0, 0, 0] }, 10)).toBeUndefined();
  });
});

describe('a table', () => {
  const body = Array.from({ length: 12 }, (_, i) => `${i},${i * i}`).join('\n');

  it('is read with its header, or with names of its own', () => {
    expect(readTable(`height,"weight, kg"\n${body}`, 'a.csv').columns).toEqual(['height', 'weight, kg']);
    const { columns, rows } = readTable(body.replaceAll(',', ';'), 'a.csv');
    expect(columns).toEqual(['x1', 'x2']);
    expect(Array.from(rows.subarray(0, 6))).toEqual([0, 0, 1, 1, 2, 4]);
    for (const delimiter of ['|', ' ', '\t', '   ']) {
      const table = readTable(`# a comment, "quoted\na,b\n${body}`.replaceAll(',', delimiter), 'a.csv');
      expect(table.rows).toEqual(rows);
    }
  });

  it('may have one column of labels, with a header or without', () => {
    const flowers = Array.from({ length: 12 }, (_, i) => `${i},${i % 3 === 0 ? 'rose' : 'lily'},${i * i}`);
    const { columns, rows, labels } = readTable(['length,kind,width', ...flowers].join('\n'), 'a.csv');
    expect(columns).toEqual(['length', 'width']);
    expect(Array.from(rows.subarray(0, 4))).toEqual([0, 0, 1, 1]);
    expect(labels?.column).toEqual({ name: 'kind', levels: ['lily', 'rose'] });
    expect([...labels!.of.subarray(0, 4)]).toEqual([1, 0, 0, 1]);
    const bare = readTable(flowers.join('\n'), 'a.csv');
    expect(bare.columns).toEqual(['x1', 'x2']);
    expect(bare.labels?.column.name).toBe('label');
    expect([bare.rows, bare.labels?.of]).toEqual([rows, labels?.of]);
    const text = csvText(columns, rows, labels);
    expect(readTable(text, 'a.csv')).toEqual({ columns, rows, labels });
  });

  it('has few labels, and none that is empty', () => {
    const table = (label: (row: number) => string): string =>
      ['a,b,c', ...Array.from({ length: 80 }, (_, i) => `${i},${i * i},${label(i)}`)].join('\n');
    expect(() =>
      readTable(
        table((i) => `id-${i}`),
        'a.csv',
      ),
    ).toThrow(/column "c": found 80 different labels, expected at most 64/);
    expect(() =>
      readTable(
        table((i) => (i === 5 ? '' : 'ab'[i % 2]!)),
        'a.csv',
      ),
    ).toThrow(/row 7, column "c": found an empty cell/);
    expect(() =>
      readTable(
        table(() => 'same'),
        'a.csv',
      ),
    ).toThrow(/found "same", expected a number/);
  });

  it.each([
    ['', /a.csv: found no rows/],
    [`a b\n${body.replaceAll(',', ' ')}\n7`, /row 2: found "0 0", .*Separate cells by commas/],
    [`a,b\n${body.replaceAll(/(\d+),/g, '"1,00$1",')}`, /found one column, "b", next to the text column "a"/],
    ['a\n1\n2', /found one column, "a", expected two or more/],
    ['a,b\n1,2', /found 1 rows of numbers, expected at least 10/],
    [`a,b\n${body}\n3,x`, /row 14, column "b": found "x", expected a number/],
    [`a,b\n${body}\n3`, /row 14, .*found 1 cell, expected 2/],
    [`a,a\n${body}`, /column name "a" more than once/],
    [`a,b\n${body.replaceAll(/,\d+/g, ',7')}`, /column "b": every row has 7, expected numbers that differ/],
    ['a,b\n1,"2', /found a quote that is never closed/],
    ['\u0000PNG', /found binary data/],
  ])('that is none is refused in words: %j', (text, sentence) => {
    expect(() => readTable(text, 'a.csv')).toThrow(sentence);
  });

  it('comes back from the CSV that the page writes, bit for bit', () => {
    const rows = Float32Array.from({ length: 30 }, (_, i) => Math.fround(Math.sin(i) * 10 ** ((i % 9) - 4)));
    const table = readTable(csvText(['a', 'b, c'], rows), 'back.csv');
    expect(table.columns).toEqual(['a', 'b, c']);
    expect(new Float32Array(table.rows)).toEqual(rows);
  });

  it('keeps the centimetres of coordinates and the milliseconds of time stamps', () => {
    const rows = Float64Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? 5_400_000 + i / 100 : i % 3 === 1 ? 1_700_000_000_000 + i : Math.fround(Math.sin(i)),
    );
    const text = csvText(['northing', 'time', 'height'], rows);
    expect(text.split('\n')[2]).toMatch(/^5400000\.03,1700000000004,-0\.9589243$/);
    const { rows: back } = readTable(text, 'far.csv');
    back.forEach((value: number, i: number) =>
      expect(i % 3 === 2 ? Math.fround(value) : value).toBe(rows[i]),
    );
  });
});
