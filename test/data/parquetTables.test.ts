import { Buffer } from 'node:buffer';
import { parquetWriteBuffer, schemaFromColumnData } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { readContent, refusal, useTableFolder } from '../support/tableFiles.ts';

useTableFolder();

/** A file with these columns; those named `day` have dates without a time. */
function parquet(
  columnData: ColumnSource[],
  options: Partial<Parameters<typeof parquetWriteBuffer>[0]> = {},
): Buffer {
  const day = { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'OPTIONAL' } as const;
  const hasDay = columnData.some(({ name }) => name === 'day');
  const schema = schemaFromColumnData({ columnData, schemaOverrides: hasDay ? { day } : {} });
  const data = columnData.map(({ name, data: values }) => ({ name, data: values }));
  return Buffer.from(parquetWriteBuffer({ columnData: data, schema, ...options }));
}

describe('a Parquet file', () => {
  it('has its named columns of any type as numbers or text', async () => {
    const file = parquet([
      { name: 'f', data: [0.1, -2.5, 1e300], type: 'DOUBLE' },
      { name: 'i', data: [1, -2, 3], type: 'INT32' },
      { name: 'big', data: [9007199254740993n, -1n, 0n], type: 'INT64' },
      { name: 'who', data: [' Ann', 'Bob', 'Zoë'], type: 'STRING' },
      { name: 'yes', data: [true, false, true], type: 'BOOLEAN' },
      {
        name: 'day',
        data: [new Date('2020-02-29'), new Date('1969-12-31'), new Date('2021-01-01')],
      },
      {
        name: 'at',
        data: [new Date(0), new Date('2020-02-29T12:34:56.789Z'), new Date(1)],
        type: 'TIMESTAMP',
      },
    ]);
    const table = await readContent(file, { columns: ['i'], text: ['big', 'who', 'yes', 'day', 'at', 'f'] });
    expect(table).toMatchObject({ columns: ['i'], values: [1, -2, 3], lines: [1, 2, 3], notices: [] });
    expect(table.cells).toEqual([
      ['9007199254740993', 'Ann', 'true', '2020-02-29', '1970-01-01T00:00:00.000Z', '0.1'],
      ['-1', 'Bob', 'false', '1969-12-31', '2020-02-29T12:34:56.789Z', '-2.5'],
      ['0', 'Zoë', 'true', '2021-01-01', '1970-01-01T00:00:00.001Z', '1e+300'],
    ]);
  });

  it('has empty cells for nulls', async () => {
    const file = parquet([
      { name: 'a', data: [1, null, 3], type: 'DOUBLE', nullable: true },
      { name: 'b', data: ['x', undefined, ''], type: 'STRING', nullable: true },
      { name: 'day', data: [null, new Date(0), null] },
    ]);
    const { cells } = await readContent(file, { columns: [], text: ['a', 'b', 'day'], emptyText: true });
    expect(cells).toEqual([
      ['1', 'x', ''],
      ['', '', '1970-01-01'],
      ['3', '', ''],
    ]);
    expect(await refusal(file, { columns: ['a'] })).toMatchObject({ row: 2, column: 'a' });
  });

  it('is read through all its row groups', async () => {
    const rows = 20_000;
    const data = Array.from({ length: rows }, (_, row) => row / 3);
    const names = data.map((_, row) => (row % 7 === 0 ? 'seventh' : 'other'));
    for (const codec of ['UNCOMPRESSED', 'SNAPPY'] as const) {
      const columns: ColumnSource[] = [
        { name: 'a', data, type: 'DOUBLE' },
        { name: 'who', data: names, type: 'STRING' },
      ];
      const table = await readContent(parquet(columns, { rowGroupSize: 6000, codec }), { text: ['who'] });
      expect(table.values).toEqual(data);
      expect(table.cells.map(([cell]) => cell)).toEqual(names);
      expect(table.lines.at(-1)).toBe(rows);
    }
  });

  it('leaves out the index that pandas writes, and columns of lists', async () => {
    const index = parquet([
      { name: 'a', data: [1.5, 2.5], type: 'DOUBLE' },
      { name: '__index_level_0__', data: [4n, 2n], type: 'INT64' },
    ]);
    const table = await readContent(index);
    expect(table.columns).toEqual(['a']);
    expect(table.notices[0]).toContain('__index_level_0__ numbers the rows, and is left out');
    const lists = await readContent(
      parquet([
        { name: 'a', data: [1.5, 2.5], type: 'DOUBLE' },
        { name: 'json', data: [{ x: 1 }, { x: 2 }], type: 'JSON' },
      ]),
    );
    expect(lists.columns).toEqual(['a']);
    expect(lists.notices[0]).toContain('the columns json have no single numbers or texts, and are left out');
  });

  it('is read or refused whichever bit of its pages is wrong', async () => {
    const [numbers, texts] = [
      [5, 5, 6, 5, 5, 5, 5, 5, 5, 5],
      ['a', ...Array.from({ length: 9 }, () => 'b')],
    ];
    const whole = parquet(
      [
        { name: 'a', data: numbers, type: 'INT32', encoding: 'RLE_DICTIONARY' },
        { name: 'b', data: numbers, type: 'INT32', encoding: 'DELTA_BINARY_PACKED', nullable: true },
        { name: 'c', data: texts, type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' },
      ],
      { codec: 'UNCOMPRESSED', statistics: false },
    );
    const footer = whole.readUInt32LE(whole.length - 8);
    for (let bit = 32; bit < 8 * (whole.length - 8 - footer); bit++) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const read = readContent(damaged, { columns: ['a'], text: ['b', 'c'], emptyText: true });
      await read.then(
        ({ lines }) => expect(lines.length, `bit ${bit}`).toBe(10),
        (error: unknown) => expect(error, `bit ${bit}`).toBeInstanceOf(DataError),
      );
    }
  });

  it('is refused if it is damaged, cut short, packed or empty', async () => {
    const whole = parquet([{ name: 'a', data: [1, 2, 3], type: 'DOUBLE' }]);
    for (const bytes of [whole.subarray(0, -3), whole.subarray(0, 10), whole.subarray(0, 4)]) {
      expect((await refusal(bytes)).message).toContain('found a Parquet file that cannot be read');
    }
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 4, 40);
    await refusal(damaged);
    expect((await refusal(gzipSync(whole))).message).toContain('packed file of a binary format');
    const empty = parquet([{ name: 'a', data: [], type: 'DOUBLE' }]);
    expect((await refusal(empty)).message).toContain('found no rows');
  });
});
