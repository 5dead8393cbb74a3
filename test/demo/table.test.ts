import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { dataSetOf } from '../../demo/engine/dataSet.ts';
import { cellTexts, drawnCells } from '../../demo/engine/cells.ts';
import { knownData } from '../../demo/engine/loadedData.ts';
import { picturedOf, withoutLabelColumn } from '../../demo/features.ts';
import { codeOfRun } from '../../demo/page/codeOfRun.ts';
import { csvOfCells, csvText } from '../../demo/page/csvText.ts';
import { columnsToShow, firstChoice, pairAfter, picked, withFile } from '../../demo/page/dataChoice.ts';
import { defaultSettings } from '../../demo/page/settings.ts';
import { tableOf } from '../../demo/page/table.ts';
import type { Table } from '../../demo/page/table.ts';
import { cellsOfFile } from '../../demo/page/tableFile.ts';
import { textTable } from '../../demo/page/tableRecords.ts';
import type { TextTable } from '../../demo/page/tableRecords.ts';
import type { RowData } from '../../demo/protocol.ts';
import { realnvp } from '../../src/index.ts';
import type { TableNotice } from '../../src/page/index.ts';
import { TableCodec } from '../../src/table/codec.ts';

const body = Array.from({ length: 12 }, (_, i) => `${((i * 5) % 12) + 0.5},${i * i + 0.25}`).join('\n');

function readTable(text: string, file: string): Table {
  const remarks: TableNotice[] = [];
  const cells = textTable(text, file, (notice) => remarks.push(notice));
  return tableOf(cells, file, remarks);
}

/** Numbers, an integer of a short range, a category, a date, blanks and a constant. */
const MIXED = [
  'height,rooms,kind,day,income,unit',
  ...Array.from({ length: 240 }, (_, i) => {
    const income = i % 5 === 0 ? '' : (1000 + 37.5 * ((i * 7) % 241)).toFixed(1);
    const day = new Date(Date.UTC(2024, 0, 1 + ((i * 11) % 239))).toISOString().slice(0, 10);
    return `${(Math.sin(i) + 0.001 * i).toFixed(4)},${1 + (i % 4)},${'abc'[i % 3]},${day},${income},cm`;
  }),
].join('\n');

function mixed(): RowData {
  const { words: _, remarks: __, labels: ___, ...rows } = readTable(MIXED, 'homes.csv');
  return { kind: 'rows', title: 'homes.csv', ...rows };
}

describe('a table of numbers', () => {
  it('is read with its header, or with names of its own', () => {
    const table = readTable(`height,"weight, kg"\n${body}`, 'a.csv');
    expect(table.columns).toEqual(['height', 'weight, kg']);
    expect(table.words).toEqual(['height: real, 0.5 to 11.5', 'weight, kg: positive, 0.25 to 121.25']);
    expect([table.cells, table.domains]).toEqual([undefined, ['real', 'positive']]);
    const { columns, rows } = readTable(body.replaceAll(',', ';'), 'a.csv');
    expect(columns).toEqual(['x1', 'x2']);
    expect(Array.from(rows.subarray(0, 4))).toEqual([0.5, 0.25, 5.5, 1.25]);
    for (const delimiter of ['|', ' ', '\t', '   ']) {
      const other = readTable(`# a comment, "quoted\na,b\n${body}`.replaceAll(',', delimiter), 'a.csv');
      expect(other.rows).toEqual(rows);
    }
  });

  it('may be JSON lines', () => {
    const lines = body.split('\n').map((line) => {
      const [a, b] = line.split(',').map(Number);
      return JSON.stringify({ a, b });
    });
    const { columns, rows } = readTable(lines.join('\n'), 'a.jsonl');
    expect(columns).toEqual(['a', 'b']);
    expect(rows).toEqual(readTable(body, 'a.csv').rows);
    expect(() => readTable(`${lines.join('\n')}\n{"a": 1, "c": 2}\n{"a": [1]}`, 'a.jsonl')).toThrow(
      /row 14, column "a".*found an array/,
    );
  });

  it('comes back from the CSV that the page writes, bit for bit', () => {
    const rows = Float32Array.from({ length: 30 }, (_, i) => Math.fround(Math.sin(i) * 10 ** ((i % 9) - 4)));
    const table = readTable(csvText(['a', 'b, c'], rows), 'back.csv');
    expect(table.columns).toEqual(['a', 'b, c']);
    expect(new Float32Array(table.rows)).toEqual(rows);
  });

  it('keeps the centimetres of coordinates and the milliseconds of time stamps', () => {
    const rows = Float64Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0
        ? 5_400_000 + i / 100
        : i % 3 === 1
          ? 1_700_000_000_000 + ((i * i) % 59) / 8
          : Math.fround(Math.sin(i)),
    );
    const text = csvText(['northing', 'time', 'height'], rows);
    expect(text.split('\n')[2]).toMatch(/^5400000\.03,1700000000002,-0\.9589243$/);
    const { rows: back } = readTable(text, 'far.csv');
    back.forEach((value: number, i: number) =>
      expect(i % 3 === 2 ? Math.fround(value) : value).toBe(rows[i]),
    );
  });

  it.each([
    ['', /a.csv: found no rows/],
    ['a\n1.5\n2\n3\n4\n5\n6\n7\n8\n9\n12', /found one column to learn \(a: real, 1\.5 to 12\), expected two/],
    ['a,b\n1,2', /found 1 row, expected at least 10/],
    [`a,b\n${body}\n3,x`, /row 14, column "b": found "x", expected a number/],
    [`a,b\n${body}\n3`, /row 14, .*found 1 cell, expected 2/],
    [`a,a\n${body}`, /column name "a" more than once/],
    [`a,b\n${body.replaceAll(/,[\d.]+/g, ',7')}`, /found one column to learn \(.*b: constant, 7/],
    ['a,b\n1,"2', /found a quoted cell that is never closed/],
  ])('that is none is refused in words: %j', (text, sentence) => {
    expect(() => readTable(text, 'a.csv')).toThrow(sentence);
  });
});

describe('a mixed table', () => {
  it('is learned with all its columns, in the words of the command line', () => {
    const { words, columns, cells, remarks } = readTable(MIXED, 'homes.csv');
    expect(words).toEqual([
      expect.stringMatching(/^height: real, /),
      'rooms: integer, 1 to 4',
      'kind: category of 3 levels: a, b, c',
      'day: date, 2024-01-01 to 2024-08-26',
      expect.stringMatching(/^income: .*; 48 blank$/),
      'unit: constant, cm: not learned, written back',
    ]);
    expect(columns).toEqual(['height', 'rooms', 'kind', 'day', 'income: which', 'income']);
    expect(cells?.table).toHaveLength(6);
    expect(remarks).toEqual([]);
  });

  it('has the warnings of the command line', () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i % 10 === 0 ? -999 : i + 0.5},${Math.sin(i)}`);
    expect(readTable(['a,b', ...rows].join('\n'), 'a.csv').remarks).toEqual([
      {
        kind: 'warning',
        message: expect.stringMatching(/^a: -999 in 10 rows looks like a code for missing/) as string,
      },
    ]);
  });

  it('comes back as the text that it was', () => {
    const { rows, cells } = mixed();
    const names = cells!.table.map(({ name }) => name);
    const decoded = new TableCodec(cells!.table).decode(rows);
    const lines = csvOfCells(names, decoded).trim().split('\n');
    const numbers = (text: string): string =>
      text.replaceAll(/-?\d+\.\d+/g, (number) => String(Number(number)));
    expect(lines.map(numbers)).toEqual(MIXED.split('\n').map(numbers));
  });

  it('holds rows out with their cells, and shows points of the cells', () => {
    const set = dataSetOf(mixed());
    expect(set.heldOut).toBe(24);
    expect(set.cells?.training).toHaveLength(216 * 6);
    expect(set.cells?.validation).toHaveLength(24 * 6);
    const rooms = Array.from({ length: 216 }, (_, row) => set.kept[row * 6 + 1]!);
    // Four values of a uniform variable, as points anywhere in their intervals.
    expect(new Set(rooms).size).toBeGreaterThan(200);
    expect(Math.min(...rooms)).toBeGreaterThan(0);
    expect(Math.max(...rooms)).toBeLessThan(1);
    expect(Number.isFinite(set.gaussianNll())).toBe(true);
    const [height, room, kind, day, which, income] = cellTexts(set.cells!.codec, set.mean);
    expect([height, which, income]).toEqual([null, '', null]);
    expect([room, kind]).toEqual([expect.stringMatching(/^[1-4]$/), expect.stringMatching(/^[abc]$/)]);
    expect(day).toMatch(/^2024-0\d-\d\d$/);
  });

  it('has samples with valid cells, and as numbers where they are numbers', () => {
    const set = dataSetOf(mixed());
    const { text, rows } = drawnCells(set.cells!.codec, set.kept.slice(0, 600));
    expect(text!.columns).toEqual(['height', 'rooms', 'kind', 'day', 'income', 'unit']);
    text!.rows.forEach(([height, rooms, , , income], row) => {
      expect(rows[6 * row]).toBe(Number(height));
      expect(rows[6 * row + 1]).toBe(Number(rooms));
      expect(rows[6 * row + 2]).toBeNaN();
      expect(rows[6 * row + 5]).toBe(income === '' ? NaN : Number(income));
    });
  });

  it('shows numbers, counts and dates, and labels only if there is no other pair', () => {
    const { cells } = mixed();
    expect(picturedOf(cells!.table)).toEqual([0, 1, 3, 5]);
    expect(picturedOf(cells!.table.filter(({ name }) => name === 'kind' || name === 'income'))).toEqual([
      0, 2,
    ]);
  });

  it('is split by its one column of labels, which is then given', () => {
    const file = { ...readTable(MIXED, 'homes.csv'), title: 'homes.csv' };
    expect(file.labels?.column).toEqual({ name: 'kind', levels: ['a', 'b', 'c'] });
    const split = withoutLabelColumn({ ...mixed(), labels: file.labels! });
    expect(split.columns).toEqual(['height', 'rooms', 'day', 'income: which', 'income']);
    expect([split.rows.length, split.cells?.widths.length]).toEqual([1200, 1200]);
    const { classes, columns } = dataSetOf({ ...mixed(), labels: file.labels! });
    expect([classes?.column.name, columns.length]).toEqual(['kind', 5]);

    const whole = withFile(picked(firstChoice({ kind: 'file' }), 'file'), file);
    const apart = { ...whole, apart: true };
    expect(columnsToShow(whole).map(({ place }) => place)).toEqual([0, 1, 3, 5]);
    expect(pairAfter(whole, apart, [1, 5])).toEqual([1, 4]);
    expect(pairAfter(apart, whole, [2, 4])).toEqual([3, 5]);
    expect(pairAfter(firstChoice({ kind: 'file' }), whole, [4, 5])).toEqual([0, 1]);
  });

  it('is plain numbers once its labels are given', () => {
    const text = [
      'u,v,kind',
      ...Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},${'ab'[i % 2]}`),
    ];
    const { labels, ...rows } = readTable(text.join('\n'), 'k.csv');
    expect(rows.columns).toEqual(['u', 'v', 'kind']);
    const set = dataSetOf({ ...rows, kind: 'rows', title: '', labels: labels! });
    expect([set.columns, set.cells]).toEqual([['u', 'v'], undefined]);
  });

  it('goes on with a model of the same table only', () => {
    const data = mixed();
    const spec = realnvp(6, { couplings: 1, hidden: [4], domain: data.domains! });
    const record = { steps: 1, seed: 1, library: 'wgflow', columns: data.columns };
    const model = { spec, dim: 6, training: { ...record, table: [...data.cells!.table] } };
    expect(knownData(model, data)?.origin).toEqual({ kind: 'at-hand', apart: false });
    expect(knownData({ ...model, training: record }, data)).toBeUndefined();
  });

  it('has code that reads and samples it', () => {
    const { model } = defaultSettings();
    const code = codeOfRun(model, mixed());
    expect(code).toMatch(
      /Table\.infer\(rows\);.*table\.shape\.domain.*table\.fit\(flow, rows, options\).*table\.sample\(flow, 10/s,
    );
    const split = codeOfRun(model, { ...mixed(), labels: readTable(MIXED, 'homes.csv').labels! });
    expect(split).toMatch(
      /Table\.infer\(rows, \{ columns: \['height', 'rooms', 'day', 'income', 'unit'\] \}\);/,
    );
    expect(split).toContain(`rows.map((row) => [row['kind']])`);
  });
});

describe('a file', () => {
  const read = (bytes: Uint8Array<ArrayBuffer>, name = 'a.csv'): Promise<TextTable> =>
    cellsOfFile(new Blob([bytes]), name, ({ message }) => remarks.push(message));
  const remarks: string[] = [];

  it('may be packed by gzip', async () => {
    const plain = await read(new TextEncoder().encode(body));
    expect(plain.cells).toHaveLength(12);
    expect(await read(new Uint8Array(gzipSync(body)), 'a.csv.gz')).toEqual(plain);
    await expect(read(new Uint8Array(gzipSync(body).subarray(0, 40)), 'a.gz')).rejects.toThrow(
      /found a gzip file with damaged data/,
    );
  });

  it('may be Windows-1252, with a warning, or UTF-16', async () => {
    expect((await read(Uint8Array.of(0x61, 0xe9, 0x2c, 0x62, 10, 0x31, 0x2c, 0x32))).names).toEqual([
      'aé',
      'b',
    ]);
    expect(remarks).toEqual([
      expect.stringMatching(/^a\.csv is not UTF-8 text and was read as Windows-1252/),
    ]);
    const wide = [0xff, 0xfe, ...Array.from('a,b\n1,2', (letter) => [letter.charCodeAt(0), 0]).flat()];
    expect((await read(Uint8Array.from(wide))).names).toEqual(['a', 'b']);
  });

  it('may be a Parquet file or an array of NumPy', async () => {
    const table = await read(
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'x', data: [1.5, 2.5, -3], type: 'DOUBLE' },
            { name: 'who', data: ['ann', null, 'bo'], type: 'STRING' },
          ],
        }),
      ),
      'a.parquet',
    );
    expect(table).toEqual({
      names: ['x', 'who'],
      cells: [
        ['1.5', 'ann'],
        ['2.5', ''],
        ['-3', 'bo'],
      ],
      lines: [1, 2, 3],
    });
    const array = await read(npyBytes([2, 2], Float64Array.of(1.5, 2, 3, -4e9)), 'a.npy');
    expect(array.names).toEqual(['x1', 'x2']);
    expect(array.cells).toEqual([
      ['1.5', '2'],
      ['3', '-4000000000'],
    ]);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['a damaged Parquet file', 'PAR1....', /a\.csv: found a Parquet file that cannot be read/],
    [
      'a damaged array',
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0),
      /found a damaged .npy header/,
    ],
    ['a workbook', Uint8Array.of(0x50, 0x4b, 3, 4), /Excel workbook/],
    ['an image', '\u0000PNG', /found binary data/],
  ])('is refused in words if it is no table: %s', async (_, content, sentence) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await expect(read(new Uint8Array(bytes))).rejects.toThrow(sentence);
  });
});

/** An array of float64 as NumPy saves it. */
function npyBytes(shape: readonly number[], values: Float64Array): Uint8Array<ArrayBuffer> {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')}), }\n`;
  const lead = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0];
  const head = [...lead, ...new TextEncoder().encode(header)];
  return Uint8Array.from([...head, ...new Uint8Array(values.buffer)]);
}
