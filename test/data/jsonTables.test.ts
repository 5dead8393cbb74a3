import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { readContent, refusal, useTableFolder } from '../support/tableFiles.ts';

useTableFolder();

describe('a table of JSON lines', () => {
  it('has the keys of its objects as columns, and empty cells for those that are absent or null', async () => {
    const content = '{"a": 1, "who": " Ann "}\n\n{"who": null, "a": -2.5e-3}\r\n{"a": 7, "b": true}\n';
    const options = { columns: ['a'], text: ['who', 'b'], emptyText: true };
    expect(await readContent(content, options)).toEqual({
      columns: ['a'],
      values: [1, -0.0025, 7],
      rows: 3,
      cells: [
        ['Ann', ''],
        ['', ''],
        ['', 'true'],
      ],
      lines: [1, 3, 4],
      notices: [],
    });
  });

  it('keeps every digit of its numbers', async () => {
    expect((await readContent('{"a":0.1}\n{"a":1e21}\n{"a":-0}\n{"a":"12.5"}')).values).toEqual([
      0.1, 1e21, 0, 12.5,
    ]);
  });

  it('is read across the blocks of the file', async () => {
    const lines = Array.from({ length: 30_000 }, (_, row) => `{"äö": ${row}, "b": "é${row}"}`);
    const { values, cells } = await readContent(lines.join('\n'), { text: ['b'] });
    expect(values.every((value, row) => value === row)).toBe(true);
    expect(cells[29_999]).toEqual(['é29999']);
  });

  it('refuses nested values with their path', async () => {
    const inner = await refusal('{"a":1,"b":2}\n{"a":1,"b":{"c":2}}\n');
    expect(inner).toMatchObject({ row: 2, column: 'b' });
    expect(inner.message).toContain('found an object at b.c');
    expect((await refusal('{"a":[1,2]}\n')).message).toContain('found an array at a[0]');
  });

  it('refuses lines that are not objects, with their place', async () => {
    expect(await refusal('{"a":1}\n{"a":2\n')).toMatchObject({ row: 2 });
    expect((await refusal('{"a":1}\n7\n')).message).toContain(
      'row 2: found the number 7, expected an object',
    );
    expect((await refusal('{"a":1}\nnull\n')).message).toContain('found null');
    const spread = await refusal('{\n  "a": 1\n}\n');
    expect(spread).toMatchObject({ row: 1 });
    expect(spread.message).toContain('Write each object on a line of its own');
  });

  it('refuses a key that is new after a thousand objects', async () => {
    const error = await refusal(`${'{"a":1}\n'.repeat(1000)}{"a":2,"b":3}\n`);
    expect(error).toMatchObject({ row: 1001, column: 'b' });
    expect(error.message).toContain('none of the first 1,000 objects has');
    expect((await refusal(`${'{"a":1}\n'.repeat(999)}{"a":2,"b":3}\n`)).message).toContain('empty cell');
  });

  it('refuses bad names and cells like those of CSV', async () => {
    expect((await refusal('{"":1}\n')).message).toContain('expected a name');
    expect((await refusal('{"a\\u001b":1}\n')).message).toContain('control character');
    expect((await refusal('{"a":1," a":1}\n')).message).toContain('"a" more than once');
    expect(await refusal('{"a":1}\n{"a":true}\n')).toMatchObject({ row: 2, column: 'a' });
    expect((await refusal('{"a":1}\n{"a":1e400}\n')).message).toContain('expected a finite number');
    expect((await refusal('{}\n{}\n')).message).toContain('empty list of columns');
  });

  it('takes keys such as __proto__ for names like others', async () => {
    expect(await readContent('{"__proto__":1,"constructor":2}\n')).toMatchObject({
      columns: ['__proto__', 'constructor'],
      values: [1, 2],
    });
  });

  it('leaves out an index that pandas made', async () => {
    const table = await readContent('{"Unnamed: 0":0,"a":5}\n{"Unnamed: 0":1,"a":6}\n');
    expect(table.columns).toEqual(['a']);
    expect(table.notices).toHaveLength(1);
  });
});

describe('a table with very many keys', () => {
  const keysFrom = (first: number, count: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${first + i}`, i])));

  it('is refused where each object has other ones, before it fills the memory', async () => {
    const lines = Array.from({ length: 300 }, (_, row) => keysFrom(500 * row, 500));
    const error = await refusal(lines.join('\n'));
    expect(error.message).toContain('found more than 131,072 different keys in the objects so far');
    expect(error).toMatchObject({ row: 263 });
  });

  it('is read where they are the same, a few rows at a time', async () => {
    const rows = Array.from({ length: 3 }, () => keysFrom(0, 100_000));
    expect(await readContent(rows.join('\n'), { columns: ['c7', 'c99999'] })).toMatchObject({ rows: 3 });
  });
});

describe('a JSON array of objects', () => {
  it('is a table, with rows counted from 1', async () => {
    const content = ' [\n {"a": 1, "b": 2},\n {"b": 4, "a": 3}\n]\n';
    expect(await readContent(content)).toMatchObject({ columns: ['a', 'b'], values: [1, 2, 3, 4] });
    expect(await refusal('[{"a":1},{"a":"x"}]')).toMatchObject({ row: 2, column: 'a' });
    expect((await refusal('[]')).message).toContain('found no rows');
  });

  it('is refused if it is broken or has other values', async () => {
    expect((await refusal('[{"a":1},')).message).toContain('found text that is not JSON');
    expect((await refusal('[[1,2],[3,4]]')).message).toContain('row 1: found an array, expected an object');
  });

  it('is refused if it is large, with a way to convert it', async () => {
    const content = Buffer.alloc(65 * 2 ** 20, ' ');
    content.write('[{"a":1}');
    expect((await refusal(content)).message).toContain("Convert it by jq -c '.[]'.");
  });
});

describe('text that only begins like JSON', () => {
  it('is read as text', async () => {
    expect((await readContent('[m],b\n1,2\n')).columns).toEqual(['[m]', 'b']);
    expect((await readContent('{x},b\n1,2\n')).columns).toEqual(['{x}', 'b']);
  });
});
