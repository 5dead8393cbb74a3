import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvHeader, csvRows } from '../../src/data/csv.ts';
import { allRows, readTable } from '../../src/data/readTable.ts';
import type { TableChunk } from '../../src/data/readTable.ts';
import { DataError, ShapeError } from '../../src/errors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wgflow-csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

let fileCount = 0;
async function fileOf(content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, `table${fileCount++}.csv`);
  await writeFile(file, content);
  return file;
}

async function read(content: string | Uint8Array, columns?: string[]) {
  const table = await allRows(readTable(await fileOf(content), { columns }));
  expect(table.values).toHaveLength(table.rows * table.columns.length);
  expect(table.text.cells).toEqual([]);
  return { columns: table.columns, values: [...table.values], rows: table.rows };
}

async function failure(content: string | Uint8Array, columns?: string[]): Promise<DataError> {
  const file = await fileOf(content);
  const error = await allRows(readTable(file, { columns })).then(
    () => new Error('the table was read without an error'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw error;
  expect(error.file).toBe(file);
  expect(error.message).toContain(file);
  return error;
}

describe('a table read by readTable', () => {
  it('reads rows of float64 under the names of the header', async () => {
    expect(await read('a,b\n1,2.5\n-3,4e-2\n1700000000123.5,5400000.24\n')).toEqual({
      columns: ['a', 'b'],
      values: [1, 2.5, -3, 0.04, 1700000000123.5, 5400000.24],
      rows: 3,
    });
  });

  it('names the columns x1…xC when the first line is numbers, and keeps that line', async () => {
    expect(await read('1,2,3\n4,5,6')).toEqual({
      columns: ['x1', 'x2', 'x3'],
      values: [1, 2, 3, 4, 5, 6],
      rows: 2,
    });
  });

  it.each([
    ['a byte order mark', '\uFEFFa,b\n1,2\n3,4\n'],
    ['CRLF line ends', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['no newline at the end', 'a,b\n1,2\n3,4'],
    ['blank lines', '\n\na,b\n\n1,2\n  \n\r\n3,4\n\n\n'],
    ['quoted cells', '"a","b"\n"1",2\n3,"4"\n'],
    ['spaces around cells', ' a , b \n 1 ,\t2\n "3" , 4 \n'],
    ['semicolons', 'a;b\n1;2\n3;4\n'],
    ['tabs', 'a\tb\n1\t2\n3\t4\n'],
    ['a quoted comma beside semicolons', '"a";b\n"1";2\n3;4\n'],
  ])('accepts %s', async (_, content) => {
    expect(await read(content)).toEqual({ columns: ['a', 'b'], values: [1, 2, 3, 4], rows: 2 });
  });

  it('hands over the cells of some columns as text, with their lines', async () => {
    const file = await fileOf('a,who,b\n1,Ann,2\n\n3,"Bob, Jr.",4\n5, 007 ,6\n');
    const text = { cells: [['Ann'], ['Bob, Jr.'], ['007']], lines: [2, 4, 5] };
    const all = await allRows(readTable(file, { text: ['who'], chunkRows: 2 }));
    expect(all).toEqual({
      columns: ['a', 'b'],
      values: Float64Array.of(1, 2, 3, 4, 5, 6),
      rows: 3,
      text,
    });
    const none = await allRows(readTable(file, { columns: [], text: ['who'] }));
    expect(none).toEqual({ columns: [], values: new Float64Array(), rows: 3, text });
    const bad = allRows(readTable(await fileOf('a,who\n1,x\n2,\n'), { text: ['who'] }));
    await expect(bad).rejects.toThrow(/row 3, column "who": found an empty cell, expected a value/);
    const unknown = allRows(readTable(file, { text: ['moon'] }));
    await expect(unknown).rejects.toThrow(/column "moon": found no such column/);
    const both = allRows(readTable(file, { columns: ['a'], text: ['a'] }));
    await expect(both).rejects.toThrow(/"a" was asked for more than once/);
  });

  it('keeps delimiters and quotes inside quoted names', async () => {
    const table = await read('"x, in m";"say ""y"""\n1;2\n');
    expect(table.columns).toEqual(['x, in m', 'say "y"']);
  });

  it.each(['two\nlines', '\u001b[2J', 'a\u007f', '\u009b2J', 'tab\there'])(
    'refuses the column name %j, which would steer a terminal, and does not repeat it',
    async (name) => {
      const error = await failure(`a,"${name}"\n1,2\n`);
      expect(error.row).toBe(1);
      expect(error.message).toContain('with a control character, expected plain text');
      expect(error.message).not.toMatch(/\p{Cc}/u);
    },
  );

  it('tells a bad cell without its control characters', async () => {
    expect((await failure('a,b\n1,\u009b2J\n')).message).toContain('found "?2J", expected a number');
  });

  it.each([
    ['+1', 1],
    ['-1', -1],
    ['1.', 1],
    ['.5', 0.5],
    ['1e-3', 0.001],
    ['1E+3', 1000],
    ['0012', 12],
    ['3.4028234663852886e38', 3.4028234663852886e38],
    ['1e-60', 1e-60],
    ['0.1000000014901161193847656250000000000000000001', Math.fround(0.1)],
  ])('reads %s as a number', async (text, value) => {
    expect((await read(`a,b\n${text},7\n`)).values).toEqual([value, 7]);
  });

  it.each([
    'abc',
    '0x10',
    '1e',
    '--1',
    '1_000',
    '1 2',
    '٣',
    'NaN',
    'Infinity',
    '-inf',
    '1e999',
    '3.5e38',
    'true',
  ])('refuses %s as a cell, with its line and column', async (text) => {
    const error = await failure(`a,b\n1,2\n\n3,${text}\n5,6\n`);
    expect(error.row).toBe(4);
    expect(error.column).toBe('b');
    expect(error.message).toContain(`found "${text}", expected`);
  });

  it('refuses an empty cell, quoted or not, with its line and column', async () => {
    for (const content of ['a,b\n1,2\n,4\n', 'a,b\n1,2\n"",4\n', 'a,b\r\n1,2\r\n  ,4\r\n', 'a\n1\n""\n']) {
      const error = await failure(content);
      expect(error).toMatchObject({ row: 3, column: 'a' });
      expect(error.message).toContain('found an empty cell, expected a number');
    }
  });

  it('says that decimals are written with a point', async () => {
    expect((await failure('a;b\n1,5;2,5\n')).message).toContain('Write decimals with a point');
    const packed = await failure('1,5;2,5\n3,5;4,5\n');
    expect(packed.row).toBe(1);
    expect(packed.message).toContain('found "1,5", expected a number. Write decimals with a point');
  });

  it.each([
    ['7,482', '7482'],
    ['-7,482.5', '-7482.5'],
    ['1,234,567', '1234567'],
    ['12,34,567.', '1234567.'],
    ['1 234', '1234'],
    ['1\u00a0234\u00a0567,8', '1234567.8'],
    ['1\u202f234', '1234'],
    ["1'234", '1234'],
    ['1’234.5', '1234.5'],
    ['1_234_567', '1234567'],
    ['1.234,56', '1234.56'],
    ['1.234.567', '1234567'],
    ['+1 234,5', '+1234.5'],
  ])('names the thousands separators of %s, wherever it stands', async (cell, number) => {
    for (const content of [
      `a,b\n1,"${cell}"\n`,
      `1,"${cell}"\n2,3\n`,
      `a;b\n1;${cell}\n`,
      `"${cell}";1\n2;3\n`,
    ]) {
      const { message } = await failure(content);
      expect(message).toContain(`Remove the thousands separators, so that it is "${number}".`);
      expect(message).not.toContain('Write decimals');
    }
  });

  it('says that a comma before three digits may be a decimal one', async () => {
    expect((await failure('a;b\n1;7,482\n')).message).toContain('If this comma is a decimal one');
    expect((await failure('a;b\n1;7,482.5\n')).message).not.toContain('decimal one');
  });

  it.each(['0,123', '1,5', '12,34', '1234,567', ',5', '-1,5e3', '3,'])(
    'takes the comma of %s for a decimal one',
    async (cell) => {
      for (const content of [`a;b\n1;${cell}\n`, `1\t${cell}\n`, `x,y\n1,"${cell}"\n`]) {
        expect((await failure(content)).message).toMatch(/write decimals with a point/i);
      }
    },
  );

  it('does not take a first line of such numbers for names', async () => {
    for (const content of ['"1,204",998\n997,996\n', '1,5;2\n3;4\n']) {
      expect(await failure(content)).toMatchObject({ row: 1 });
    }
    expect((await read('"pH 7,4",b\n1,2\n')).columns).toEqual(['pH 7,4', 'b']);
    expect((await read('"1,2-diol",3\n1,2\n')).columns).toEqual(['1,2-diol', '3']);
  });

  it.each(['1', '1.', '.', '1,', '1,1', '1 ', '1;', "1'", '1e', '1e1 ', '-1', ' ', '%', 'é1'])(
    'refuses 300,000 characters of %j and a letter at once, and in few words',
    async (unit) => {
      const cell = `${unit.repeat(300_000 / unit.length)}x`;
      for (const content of [`a,b\n1,"${cell}"\n`, `1,"${cell}"\n2,3\n4,5,6\n`, `${cell}\n1,2,3\n1\n`]) {
        expect((await failure(content)).message.length).toBeLessThan(1500);
      }
    },
  );

  it('refuses cells separated by spaces in some rows only', async () => {
    const error = await failure('1.0e+00 2.0e+00\n3.0e+00\n');
    expect(error.row).toBe(1);
    expect(error.message).toContain('expected one number or one column name in each cell');
  });

  it('refuses a missing value among numbers in the first line instead of taking it for a name', async () => {
    const error = await failure('1.5,nan\n2,3\n');
    expect(error.row).toBe(1);
    expect(error.message).toContain('found "nan", expected a finite number');
  });

  it('refuses rows that are shorter or longer than the first, with the line', async () => {
    const short = await failure('a,b,c\n1,2,3\n4,5\n');
    expect(short).toMatchObject({ row: 3, column: 'c' });
    expect(short.message).toContain('found 2 cells, expected 3');
    const long = await failure('a,b\n1,2\n3,4,\n');
    expect(long).toMatchObject({ row: 3, column: undefined });
    expect(long.message).toContain('found 3 cells, expected 2');
  });

  it('refuses header names that repeat or are empty', async () => {
    const repeated = await failure('a,b,a\n1,2,3\n');
    expect(repeated.row).toBe(1);
    expect(repeated.message).toContain('"a" more than once');
    const empty = await failure(',x,y\n0.5,1,2\n');
    expect(empty.row).toBe(1);
    expect(empty.message).toContain('found an empty cell (the 1st of 3) in the first line');
    expect((await failure('a,,b\n0,1,2\n')).message).toContain('the 2nd of 3');
    expect(await failure('1,,2\n0,1,2\n')).toMatchObject({ row: 1, column: 'x2' });
  });

  it('refuses files without rows', async () => {
    for (const content of ['', '\n\n', '\uFEFF', '  \n']) {
      expect((await failure(content)).message).toContain('found no rows');
    }
    expect((await failure('a,b\n')).message).toContain('found a header and no rows');
    expect((await failure('a,b')).message).toContain('found a header and no rows');
  });

  it('refuses files that are not text and says what they are', async () => {
    expect((await failure('PK\u0003\u0004\u0014')).message).toContain('found a zip archive');
    expect((await failure(Uint8Array.of(0x1f, 0x8b, 8, 0))).message).toContain(
      'a gzip file that ends too early',
    );
    expect((await failure(Buffer.from('a,b\n1,2\n', 'utf16le'))).message).toContain('NUL bytes');
  });

  it('refuses a missing file and a folder', async () => {
    const missing = path.join(folder, 'missing.csv');
    await expect(allRows(readTable(missing))).rejects.toThrow(`${missing}: found no such file`);
    const long = `${missing}${'n'.repeat(300)}`;
    await expect(allRows(readTable(long))).rejects.toThrow('found a name too long for a file');
    await symlink(missing, missing);
    await expect(allRows(readTable(missing))).rejects.toThrow('found links that lead to each other');
    await rm(missing);
    await expect(allRows(readTable(missing))).rejects.toBeInstanceOf(DataError);
    await expect(allRows(readTable(folder))).rejects.toThrow(`${folder}: found a folder`);
    await expect(allRows(readTable(folder))).rejects.toBeInstanceOf(DataError);
  });

  it('refuses broken quotes with the line', async () => {
    const inside = await failure('a,b\n1,2"3\n');
    expect(inside.row).toBe(2);
    expect(inside.message).toContain('found a quote inside a cell');
    expect((await failure('a,b\n1,2\n3,"4\n5,6\n')).message).toContain('never closed');
    expect((await failure('a,b\n1,"2"3\n')).row).toBe(2);
  });

  it('selects and orders columns by name and does not look at the others', async () => {
    const table = await read('a,label,b\n1,setosa,2\n3,,4\n', ['b', 'a']);
    expect(table).toEqual({ columns: ['b', 'a'], values: [2, 1, 4, 3], rows: 2 });
    expect((await read('1,2\n3,4\n', ['x2'])).values).toEqual([2, 4]);
  });

  it('lists the columns that there are when one asked for is not among them', async () => {
    const error = await failure('a,b\n1,2\n', ['a', 'c']);
    expect(error.column).toBe('c');
    expect(error.message).toContain('The columns are: a, b.');
    expect((await failure('1,2\n', ['a'])).message).toContain('has no header');
    expect((await failure('a,b\n1,2\n', ['a', 'a'])).message).toContain('more than once');
    expect((await failure('a,b\n1,2\n', [])).message).toContain('an empty list');
  });
});

describe('readTable', () => {
  async function chunksOf(content: string, chunkRows?: number): Promise<TableChunk[]> {
    const chunks: TableChunk[] = [];
    for await (const chunk of readTable(await fileOf(content), { chunkRows })) chunks.push(chunk);
    return chunks;
  }

  it('skips the rows outside a range unseen', async () => {
    const file = await fileOf('a\n0\nzero\n1\n2\n\n3\n4\n1,2\n');
    const chunks: TableChunk[] = [];
    for await (const chunk of readTable(file, { chunkRows: 2, range: { first: 2, end: 5 } }))
      chunks.push(chunk);
    expect(chunks.map(({ values, text }) => [...values, ...text.lines])).toEqual([
      [1, 2, 4, 5],
      [3, 7],
    ]);
  });

  it('yields chunks of chunkRows rows with the lines of their rows', async () => {
    const chunks = await chunksOf('a,b\n1,2\n\n3,4\n5,6\n7,8\n9,10\n', 2);
    expect(
      chunks.map(({ rows, values, text }) => ({ rows, values: [...values], lines: text.lines })),
    ).toEqual([
      { rows: 2, values: [1, 2, 3, 4], lines: [2, 4] },
      { rows: 2, values: [5, 6, 7, 8], lines: [5, 6] },
      { rows: 1, values: [9, 10], lines: [7] },
    ]);
  });

  it('yields no empty chunk at the end when the rows fill the chunks exactly', async () => {
    expect((await chunksOf('1\n2\n3\n4\n', 2)).map((chunk) => chunk.rows)).toEqual([2, 2]);
  });

  it('reads across the blocks of the file stream, and counts lines there', async () => {
    const rows = 30_000;
    const lines = Array.from({ length: rows }, (_, row) => `${row},${row / 7}`);
    const chunks = await chunksOf(`a,b\r\n${lines.join('\r\n')}\r\n`, 10_007);
    expect(chunks.map(({ text }) => text.lines[0])).toEqual([2, 10_009, 20_016]);
    const seen = chunks.flatMap((chunk) => [...chunk.values]);
    expect(seen).toEqual(Array.from({ length: rows }, (_, row) => [row, row / 7]).flat());
    const error = await failure(`a,b\r\n${lines.join('\r\n')}\r\n1,x\r\n`);
    expect(error).toMatchObject({ row: rows + 2, column: 'b' });
  });

  it('reads a header line longer than one block of the file stream', async () => {
    const names = Array.from({ length: 20_000 }, (_, column) => `column ${column}`);
    const [chunk] = await chunksOf(`${names.join(';')}\n${names.map((_, column) => column).join(';')}\n`);
    expect(chunk?.columns).toEqual(names);
    expect(chunk?.values[19_999]).toBe(19_999);
  });

  it('reads, and refuses, as many columns as a line can hold', async () => {
    const names = Array.from({ length: 100_000 }, (_, column) => `c${column}`);
    const row = names.map((_, column) => column).join(',');
    const content = `${names.join(',')}\n${row}\n${row}\n`;
    const table = await allRows(
      readTable(await fileOf(content), { columns: ['c99999', ...names.slice(0, -1)] }),
    );
    expect(table.values[0]).toBe(99_999);
    expect(table.rows).toBe(2);
    for (const bad of [`${content}1,2\n`, `${content}${row},1\n`, `${names.join(',')},c0\n${row},1\n`]) {
      expect((await failure(bad)).message.length).toBeLessThan(1500);
    }
    expect((await failure(content, ['d'])).message).toContain('c19, … (100000 in all)');
  });

  it('gives the rows before a bad one, and can be left early', async () => {
    const file = await fileOf('1\n2\n3\n4\n');
    for await (const chunk of readTable(file, { chunkRows: 1 })) {
      expect([...chunk.values]).toEqual([1]);
      break;
    }
  });

  it('refuses chunkRows that are not a positive integer', async () => {
    await expect(chunksOf('1\n', 0)).rejects.toBeInstanceOf(ShapeError);
    await expect(chunksOf('1\n', 1.5)).rejects.toBeInstanceOf(ShapeError);
  });
});

describe('csvRows and csvHeader', () => {
  it('write the shortest decimal of each float32', () => {
    const values = Float32Array.of(0.1, 1 / 3, 16777216, 1e-45, 3.4028234663852886e38, -0, 100, 1e21);
    expect(csvRows(values, 4)).toBe('0.1,0.33333334,16777216,1e-45\n3.4028235e+38,-0,100,1e+21\n');
    expect(csvRows(new Float32Array(0), 2)).toBe('');
  });

  it('write what readTable reads back bit for bit, whatever the names', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z",; ']{0,5}[a-z]$/), {
      minLength: 1,
      maxLength: 4,
    });
    const table = names.chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(
          fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
            minLength: columns.length,
            maxLength: columns.length,
          }),
          { minLength: 1, maxLength: 20 },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, async ({ columns, rows }) => {
        const values = Float32Array.from(rows.flat());
        const read = await allRows(
          readTable(await fileOf(csvHeader(columns) + csvRows(values, columns.length))),
        );
        expect(read.columns).toEqual(columns);
        const single = new Float32Array(read.values);
        expect(new Uint32Array(single.buffer)).toEqual(new Uint32Array(values.buffer));
      }),
      { numRuns: 100 },
    );
  });

  it('write every digit of float64 in a column with an offset, and float32 in the others', async () => {
    const values = Float64Array.of(5400000.24, Math.fround(0.1), 1700000000123.125, -0);
    const text = csvRows(values, 2, [], Float64Array.of(5400000, 0));
    expect(text).toBe('5400000.24,0.1\n1700000000123.125,-0\n');
    const bits = fc.double({ noNaN: true, min: -1e30, max: 1e30 });
    await fc.assert(
      fc.asyncProperty(bits, async (value) => {
        const line = csvRows(Float64Array.of(value), 1, [], Float64Array.of(1));
        expect((await allRows(readTable(await fileOf(`a\n${line}`)))).values[0]).toBe(value);
      }),
      { numRuns: 50 },
    );
  });

  it('write no more digits than the shortest found by trying every precision', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = csvRows(Float32Array.of(value), 1).trimEnd();
        const precision = [1, 2, 3, 4, 5, 6, 7, 8, 9].find(
          (digits) => Math.fround(Number(value.toPrecision(digits))) === value,
        );
        expect(Math.fround(Number(text))).toBe(value);
        const digits = text.replace(/e.*/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
        expect(digits.length).toBeLessThanOrEqual(precision ?? 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse values that are not whole rows', () => {
    expect(() => csvRows(new Float32Array(3), 2)).toThrow(ShapeError);
  });
});
