import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulaLabels } from '../../src/data/formula.ts';
import { allRows, readTable } from '../../src/data/readTable.ts';
import { ShapeError } from '../../src/errors.ts';
import { readContent, refusal, tableFile, useTableFolder } from '../support/tableFiles.ts';

useTableFolder();

const NORMALS = ['0.5,-1.2', '-0.25,0.75', '1.5,2.25'];
const NORMAL_VALUES = [0.5, -1.2, -0.25, 0.75, 1.5, 2.25];

describe('the delimiter of a text table', () => {
  it.each([
    ['bars', 'a|b\n1|2\n'],
    ['single spaces', 'a b\n1 2\n'],
    ['runs of spaces and tabs', '  a \t b\n  1    2\n'],
    ['quoted names between spaces', '"a" "b"\n1 2\n'],
    ['a header with commas in names', '"a";b\n1;2\n'],
  ])('may be %s', async (_, content) => {
    expect(await readContent(content)).toMatchObject({ columns: ['a', 'b'], values: [1, 2], notices: [] });
  });

  it('is the one that splits all lines evenly', async () => {
    const content = 'name, first;age\nBob, Jr.;3\nAnn;4\n';
    const table = await readContent(content, { columns: ['age'], text: ['name, first'] });
    expect(table).toMatchObject({ values: [3, 4], cells: [['Bob, Jr.'], ['Ann']] });
  });

  it('is no space where names or texts have spaces', async () => {
    expect(await readContent('body weight\n1\n2\n')).toMatchObject({
      columns: ['body weight'],
      values: [1, 2],
    });
    const cities = await readContent('city\nNew York\nLos Angeles\n', { text: ['city'] });
    expect(cities.cells).toEqual([['New York'], ['Los Angeles']]);
  });

  it('refuses a row whose quoted cell is empty between spaces', async () => {
    expect((await refusal('a b c\n1 2 3\n1 "" 3\n')).message).toContain('found 2 cells, expected 3');
  });
});

describe('comments', () => {
  it('are skipped above the header and between rows, and lines still count', async () => {
    const content = '# made by "a tool\n#units: m, s\n\na,b\n1,2\n# 3,4 was wrong\n#5,6\n7,8\n';
    const table = await readContent(content, { columns: ['a'], text: ['b'] });
    expect(table).toMatchObject({ columns: ['a'], values: [1, 7], cells: [['2'], ['8']], lines: [5, 8] });
    expect(await refusal(`${content}9,x\n`)).toMatchObject({ row: 9, column: 'b' });
  });

  it('may name the columns of numbers, as numpy.savetxt writes them', async () => {
    const note = 'note: the names of the columns come from the comment in line 1';
    for (const content of [
      `# a,b\n${NORMALS.join('\n')}`,
      `# a b\n${NORMALS.join('\n').replaceAll(',', ' ')}`,
    ]) {
      expect(await readContent(content)).toMatchObject({
        columns: ['a', 'b'],
        values: NORMAL_VALUES,
        notices: [note],
      });
    }
    expect((await readContent('# a,b\n1,2\n3,4\n', { header: 'no' })).columns).toEqual(['x1', 'x2']);
  });

  it('above many lines do not hide the table', async () => {
    const content = `${'# a line of a very long description, with commas\n'.repeat(3000)}a,b\n1,2\n`;
    expect(await readContent(content)).toMatchObject({ columns: ['a', 'b'], values: [1, 2] });
    expect(await refusal(`${content}x,2\n`)).toMatchObject({ row: 3003 });
  });

  it('are no cells of a text column that begin with #', async () => {
    const colours = 'hex,a\n#ff0000,1\n#00ff00,2\nred,3\n# a comment\n';
    const table = await readContent(colours, { columns: ['a'], text: ['hex'] });
    expect(table.cells).toEqual([['#ff0000'], ['#00ff00'], ['red']]);
    const all = await readContent('hex,a\n#ff0000,1\n#00ff00,2\n', { columns: ['a'], text: ['hex'] });
    expect(all.cells).toEqual([['#ff0000'], ['#00ff00']]);
    expect(all.values).toEqual([1, 2]);
  });

  it('may be all that there is', async () => {
    expect((await refusal('# a comment\n# another\n')).message).toContain('found no rows');
  });
});

describe('a name that a spreadsheet would run as a formula', () => {
  it.each(['=HYPERLINK("http://a","b")', '+cmd|x', '@SUM(A1)', '-2+f(3)'])('is told: %s', async (name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const { columns, notices } = await readContent(`${quoted},b\n1,2\n3,4\n`);
    expect(columns).toEqual([name, 'b']);
    expect(notices.join()).toContain('looks like a formula');
  });

  it('is told of a label too, once a column', () => {
    const columns = [
      { name: 'city', levels: ['Oslo', '=HYPERLINK("http://a","b")', '=1|2'] },
      { name: 'kind', text: '@SUM(A1)' },
      { name: 'sign', levels: ['+/-', '-1'] },
      { name: 'height' },
    ];
    expect(formulaLabels(columns)).toEqual([
      expect.stringMatching(/^city: the label "=HYPERLINK\(.*" looks like a formula/),
      expect.stringMatching(/^kind: the label "@SUM\(A1\)" looks like a formula/),
    ]);
  });

  it.each(['-log10 p', '+/-', 'f(x)', '@home'])('is not: %s', async (name) => {
    expect((await readContent(`${name},b\n1,2\n3,4\n`)).notices).toEqual([]);
  });
});

describe('a first line of numbers', () => {
  const over = async (first: string, rows: readonly string[]) => {
    const { columns, rows: count, notices } = await readContent([first, ...rows, ''].join('\n'));
    return { columns, count, warned: notices.join() };
  };

  it('has names if they are years unlike the rows, with a warning', async () => {
    const { columns, count, warned } = await over('2019,2020', NORMALS);
    expect({ columns, count }).toEqual({ columns: ['2019', '2020'], count: 3 });
    expect(warned).toBe(
      'warning: the first line 2019,2020 was read as the names of the columns; --header yes|no decides',
    );
    expect((await over('2020', ['0.1', '0.2', '0.7'])).columns).toEqual(['2020']);
    expect((await over('2019,2020', ['5,6', '7,8', '9,2'])).columns).toEqual(['2019', '2020']);
  });

  it('has names if whole numbers rise above three or more columns of decimals', async () => {
    const spectra = ['0.1,0.2,0.3', '0.4,0.5,0.6', '0.7,0.8,0.9'];
    for (const first of ['0,1,2', '400,405,410']) {
      expect(await over(first, spectra)).toMatchObject({ columns: first.split(','), count: 3 });
    }
    const digits = Array.from({ length: 9 }, (_, place) => place).join(',');
    expect((await over(digits, ['4,0,0,3,0,0,1,2,2', '1,0,0,0,9,8,7,2,1'])).columns[8]).toBe('8');
  });

  it.each([
    ['1,2,3', ['4,5,6', '7,8,9']],
    ['2019,2020', ['2018,2021', '2001,2003']],
    ['2000', ['1999.5', '2001.25']],
    ['3', ['0.5', '0.25']],
    ['0,0', ['0.1,0.01', '0.2,0.04']],
    ['1,0', ['0.5,0.5', '0.25,0.7']],
    ['0.5,1', NORMALS],
    ['1,2', ['0.5,0.7']],
  ])('is a row without a warning: %s', async (first, rows) => {
    expect(await over(first, rows)).toMatchObject({ count: rows.length + 1, warned: '' });
  });

  it('is a row, with a warning, if it is whole and within the range of two columns of decimals', async () => {
    const { count, warned } = await over('0,1', ['0.1,0.995', '-0.2,1.25', '0.3,0.955']);
    expect(count).toBe(4);
    expect(warned).toContain('was read as a row');
  });

  it('has names, with a warning, if nearly all of its cells are rising numbers', async () => {
    const { columns, warned } = await over('1.25,2.5,3.75,x', ['0.1,0.2,0.3,0.4', '0.4,0.5,0.6,0.7']);
    expect(columns).toEqual(['1.25', '2.5', '3.75', 'x']);
    expect(warned).toContain('was read as the names of the columns; --header yes|no decides');
  });

  it('is what --header says', async () => {
    const content = ['1,2', '3,4', '5,6'].join('\n');
    expect(await readContent(content, { header: 'yes' })).toMatchObject({ columns: ['1', '2'], rows: 2 });
    const years = ['2019,2020', ...NORMALS].join('\n');
    expect(await readContent(years, { header: 'no' })).toMatchObject({ rows: 4, notices: [] });
    expect(await readContent(years, { header: 'yes' })).toMatchObject({ rows: 3, notices: [] });
    expect(await refusal('a,b\n1,2\n', { header: 'no' })).toMatchObject({ row: 1, column: 'x1' });
  });
});

describe('a first line of numbers and texts', () => {
  it('is a row if it has decimals, or a text of the rows below', async () => {
    const flowers = ['5.1,3.5,rose', '4.9,3.0,lily', '4.7,3.2,rose'];
    for (const rows of [flowers, ['5,3,rose', '4,2,rose']]) {
      const table = await readContent(rows.join('\n'), { text: ['x3'] });
      expect(table.rows).toBe(rows.length);
      expect(table.notices[0]).toContain('was read as a row');
    }
  });

  it('has names if the numbers are whole or rise', async () => {
    for (const first of ['id,2019,2020', 'id,400.5,401.5,402.5']) {
      const width = first.split(',').length;
      const row = Array.from({ length: width }, (_, place) => place / 7).join(',');
      expect((await readContent(`${first}\n${row}\n${row}\n`)).columns).toEqual(first.split(','));
    }
  });
});

describe('an index of the rows', () => {
  it.each(['Unnamed: 0,a,b', ',a,b'])(
    'that pandas writes under %j is left out unless asked for',
    async (header) => {
      const content = `${header}\n0,1.5,2\n1,3.5,4\n2,5.5,6\n`;
      const table = await readContent(content);
      expect(table).toMatchObject({ columns: ['a', 'b'], values: [1.5, 2, 3.5, 4, 5.5, 6] });
      expect(table.notices).toEqual([
        'note: Unnamed: 0 numbers the rows, and is left out; --columns can name "Unnamed: 0"',
      ]);
      const asked = await readContent(content, { columns: ['Unnamed: 0', 'a'] });
      expect(asked.values).toEqual([0, 1.5, 1, 3.5, 2, 5.5]);
      const chosen = await readContent(content, {
        columns: (names, _, all) => [...names, ...all.slice(0, 1)],
      });
      expect(chosen.columns).toEqual(['a', 'b', 'Unnamed: 0']);
    },
  );

  it('may be shuffled, or twice there', async () => {
    expect((await readContent(',a\n7,1.5\n2,3.5\n')).columns).toEqual(['a']);
    expect((await readContent('Unnamed: 0.1,Unnamed: 0,a\n0,0,1\n1,1,2\n')).columns).toEqual(['a']);
  });

  it('above unnamed columns is told from a row', async () => {
    expect((await readContent(',0,1\n0,0.5,1\n1,0.25,3\n')).columns).toEqual(['0', '1']);
  });

  it('is none if its values repeat or are decimals', async () => {
    expect((await readContent('Unnamed: 0,a\n3,1\n3,2\n')).columns).toEqual(['Unnamed: 0', 'a']);
    expect((await refusal(',a\n0.5,1\n0.7,2\n')).message).toContain('found an empty cell (the 1st of 2)');
  });

  it('that R writes as row names, without a name, is left out', async () => {
    for (const content of ['a,b\nr0,1,2\nr1,3,4\n', '"a" "b"\n"1" 1 2\n"2" 3 4\n']) {
      const table = await readContent(content);
      expect(table).toMatchObject({ columns: ['a', 'b'], values: [1, 2, 3, 4] });
      expect(table.notices[0]).toMatch(/^note: the first cell of each row is its name, and is left out/);
    }
    expect(await refusal('a,b\n0.5,1,2\n0.7,3,4\n')).toMatchObject({ row: 2 });
  });
});

describe('the form of a text table', () => {
  it('may have a delimiter at the end of each line', async () => {
    for (const content of ['a,b,\n1,2,\n3,4,\n', 'a,b\n1,2,\n3,4,\n', 'a,b,\n1,2\n3,4\n']) {
      expect(await readContent(content)).toMatchObject({ columns: ['a', 'b'], values: [1, 2, 3, 4] });
    }
    expect((await readContent('1,2,\n3,4,\n')).columns).toEqual(['x1', 'x2']);
    const late = `a,b\n${'1,2,\n'.repeat(200)}3,4,5\n`;
    expect(await refusal(late)).toMatchObject({ row: 202 });
  });

  it.each([
    ['My table\n\na,b\n1,2\n3,4\n', 3, 'the header'],
    ['My table, of 2020\nby me\na,b,c\n1,2,3\n4,5,6\n', 3, 'the header'],
    ['My table\n1,2\n3,4\n5,6\n', 2, 'the first row'],
    ['"A title; with marks"\n\nx;y\n1;2\n3;4\n5;6\n', 3, 'the header'],
  ])('with a title is refused, and the line of the header named: %j', async (content, line, what) => {
    const error = await refusal(content);
    expect(error.row).toBe(1);
    expect(error.message).toContain('above the table');
    expect(error.message).toContain(`Line ${line} looks like ${what}`);
  });

  it('may mix line ends', async () => {
    expect((await readContent('a,b\r\n1,2\n3,4\r5,6')).values).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps empty cells of text columns only if asked', async () => {
    const content = 'a,who\n1, x \n2,\n3,""\n4,NA\n';
    const { cells } = await readContent(content, { text: ['who'], emptyText: true });
    expect(cells).toEqual([['x'], [''], [''], ['NA']]);
    expect(await refusal(content, { text: ['who'] })).toMatchObject({ row: 3, column: 'who' });
  });

  it('may have all its columns read as text', async () => {
    const content = 'Unnamed: 0,a,b\n0,x,\n1,y,3\n';
    const table = await readContent(content, { columns: [], text: (names) => names, emptyText: true });
    expect(table.cells).toEqual([
      ['x', ''],
      ['y', '3'],
    ]);
  });
});

describe('the encoding of a text table', () => {
  const content = 'größe,art\n1,Käfer\n2,Ω\n';
  const options = { columns: ['größe'], text: ['art'] };
  const cells = [['Käfer'], ['Ω']];

  it('is told by a byte order mark', async () => {
    const bigEndian = Buffer.from(`\uFEFF${content}`, 'utf16le').swap16();
    for (const bytes of [`\uFEFF${content}`, Buffer.from(`\uFEFF${content}`, 'utf16le'), bigEndian]) {
      expect(await readContent(bytes, options)).toMatchObject({ cells, notices: [] });
    }
  });

  it('is Windows-1252 if the bytes are not UTF-8, with a warning', async () => {
    const latin = Buffer.from('größe,art\n1,Käfer\n2,80 \x80\n', 'latin1');
    const table = await readContent(latin, options);
    expect(table.cells).toEqual([['Käfer'], ['80 €']]);
    expect(table.notices).toEqual([
      'warning: FILE is not UTF-8 text and was read as Windows-1252; --encoding names another encoding',
    ]);
  });

  it('may show only in a late block', async () => {
    const lines = 'art,größe\n'.replace('ö', 'o').replace('ß', 's') + 'abc,1\n'.repeat(40_000);
    const table = await readContent(Buffer.from(`${lines}Käfer,2\n`, 'latin1'), {
      columns: ['grose'],
      text: ['art'],
    });
    expect(table.cells.at(-1)).toEqual(['Käfer']);
    expect(table.notices).toHaveLength(1);
  });

  it('is refused if it is mixed', async () => {
    const mixed = Buffer.concat([Buffer.from('a,b\n1,Käfer\n2,Größe\n3,'), Buffer.from([0xe4, 0x0a])]);
    expect((await refusal(mixed, { text: ['b'] })).message).toContain('not UTF-8 in a file of UTF-8 text');
  });

  it('is the one that is named', async () => {
    const little = Buffer.from(content, 'utf16le');
    expect((await readContent(little, { ...options, encoding: 'utf-16le' })).cells).toEqual(cells);
    expect((await refusal(little, options)).message).toContain('NUL bytes');
    const error = await refusal(Buffer.from('a,b\n1,\xe4\n', 'latin1'), { text: ['b'], encoding: 'utf-8' });
    expect(error.message).toContain('not utf-8 text');
    await expect(readContent('a\n1\n', { encoding: 'klingon' })).rejects.toBeInstanceOf(ShapeError);
  });

  it('does not split characters between blocks', async () => {
    const lines = Array.from({ length: 60_000 }, (_, row) => `${row},äöüΩ😀`);
    const table = await readContent(`a,b\n${lines.join('\n')}`, { text: ['b'] });
    expect(table.cells.every(([cell]) => cell === 'äöüΩ😀')).toBe(true);
    expect(table.rows).toBe(60_000);
  });

  it('has no NUL bytes, wherever they are', async () => {
    expect((await refusal(`a\n${'1\n'.repeat(100_000)}\0\n`)).message).toContain('binary data (NUL bytes)');
  });
});

describe('a gzip file', () => {
  it('is unpacked whatever its name, also of several parts', async () => {
    const rows = Array.from({ length: 50_000 }, (_, row) => `${row},${row / 3}`).join('\n');
    const packed = Buffer.concat([gzipSync('a,b\n'), gzipSync(rows)]);
    expect((await readContent(packed)).values.slice(-2)).toEqual([49_999, 49_999 / 3]);
    expect((await readContent(gzipSync('{"a":1}\n{"a":2}\n'))).values).toEqual([1, 2]);
  });

  it('is refused if it is damaged, cut short or packed twice', async () => {
    const packed = gzipSync(Array.from({ length: 10_000 }, (_, row) => `${row}`).join('\n'));
    expect((await refusal(packed.subarray(0, -100))).message).toContain('ends too early');
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, 2000, 2100);
    expect((await refusal(damaged)).message).toContain('gzip file with damaged data');
    expect((await refusal(gzipSync(packed))).message).toContain('packed file of a binary format');
  });
});

describe('a file of another kind', () => {
  it.each([
    ['PK\u0003\u0004', 'a zip archive, such as an Excel workbook'],
    ['ARROW1\0\0', 'an Arrow or Feather file'],
    ['SQLite format 3\0', 'an SQLite database'],
    ['BZh91AY', 'a bzip2 file'],
    ['%PDF-1.7', 'a PDF document'],
  ])('is refused by name: %j', async (content, name) => {
    expect((await refusal(content)).message).toContain(`found ${name}`);
  });
});

describe('readTable', () => {
  it('reads whatever it wrote, in any of its delimiters', async () => {
    const cell = fc.double({ noNaN: true, min: -1e30, max: 1e30 });
    const table = fc.array(fc.tuple(cell, cell), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom(',', ';', '\t', '|', ' '), async (rows, delimiter) => {
        const content = [['a', 'b'], ...rows].map((row) => row.join(delimiter)).join('\n');
        expect((await readContent(content)).values).toEqual(rows.flat().map((value) => value + 0));
      }),
      { numRuns: 60 },
    );
  });

  it('never fails but by an error that names the file', async () => {
    const piece = fc.constantFrom(
      'a',
      '1',
      '2.5',
      '"',
      ',',
      ';',
      '\n',
      '\r\n',
      '#',
      ' ',
      '\t',
      '{',
      '[',
      '-',
      '\ufeff',
      'é',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const file = await tableFile(pieces.join(''));
        const outcome = await allRows(readTable(file)).then(
          () => file,
          (reason: unknown) => String(reason),
        );
        expect(outcome).toContain(file);
      }),
      { numRuns: 400 },
    );
  });
});
