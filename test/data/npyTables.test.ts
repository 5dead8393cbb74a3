import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { readContent, refusal, useTableFolder } from '../support/tableFiles.ts';

useTableFolder();

/** A file like those of numpy.save. */
function npy(
  descr: string,
  shape: readonly number[],
  elements: Uint8Array,
  { isFortran = false, version = 1 } = {},
): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const type = descr.startsWith('[') ? descr : `'${descr}'`;
  const dictionary = `{'descr': ${type}, 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': ${tuple}, }`;
  const lead = version === 1 ? 10 : 12;
  const header = dictionary.padEnd(Math.ceil((lead + dictionary.length + 1) / 64) * 64 - lead - 1) + '\n';
  const start = Buffer.alloc(lead);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(header.length, 8);
  else start.writeUInt32LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), elements]);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The same elements with their bytes in the other order. */
function swapped(array: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Uint8Array {
  const bytes = Buffer.from(bytesOf(array));
  const swap = { 2: 'swap16', 4: 'swap32', 8: 'swap64' } as const;
  return bytes[swap[array.BYTES_PER_ELEMENT as 2 | 4 | 8]]();
}

const VALUES = [1, -2, 3, 4, -5, 6];

describe('a .npy array', () => {
  it.each([
    ['f8', Float64Array.from(VALUES)],
    ['f4', Float32Array.from(VALUES)],
    ['i8', BigInt64Array.from(VALUES.map(BigInt))],
    ['i4', Int32Array.from(VALUES)],
    ['i2', Int16Array.from(VALUES)],
  ])('of %s is read in either byte order and version', async (kind, array) => {
    const expected = { columns: ['x1', 'x2', 'x3'], values: VALUES, rows: 2 };
    expect(await readContent(npy(`<${kind}`, [2, 3], bytesOf(array)))).toMatchObject(expected);
    expect(await readContent(npy(`>${kind}`, [2, 3], swapped(array)))).toMatchObject(expected);
    expect(await readContent(npy(`<${kind}`, [2, 3], bytesOf(array), { version: 2 }))).toMatchObject(
      expected,
    );
  });

  it('of bytes, booleans and halves is read', async () => {
    expect((await readContent(npy('|i1', [2], Uint8Array.of(255, 3)))).values).toEqual([-1, 3]);
    expect((await readContent(npy('|u1', [2], Uint8Array.of(255, 3)))).values).toEqual([255, 3]);
    expect((await readContent(npy('|b1', [3], Uint8Array.of(1, 0, 1)))).values).toEqual([1, 0, 1]);
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000);
    expect((await readContent(npy('<f2', [6], bytesOf(halves)))).values).toEqual([
      1,
      -2,
      0.333251953125,
      2 ** -24,
      65504,
      0,
    ]);
  });

  it('in Fortran order has the same rows', async () => {
    const columns = Float64Array.of(1, 4, -2, -5, 3, 6);
    const table = await readContent(npy('<f8', [2, 3], bytesOf(columns), { isFortran: true }));
    expect(table.values).toEqual(VALUES);
  });

  it('of one dimension is a column', async () => {
    expect(await readContent(npy('<f4', [6], bytesOf(Float32Array.from(VALUES))))).toMatchObject({
      columns: ['x1'],
      values: VALUES,
    });
  });

  it('is read in full precision, in many batches', async () => {
    const rows = 10_001;
    const values = Float64Array.from({ length: rows * 2 }, (_, at) => Math.sqrt(at) * 1e9);
    for (const isFortran of [false, true]) {
      const { values: read } = await readContent(npy('<f8', [rows, 2], bytesOf(values), { isFortran }));
      const placeOf = (at: number) => (isFortran ? (at % 2) * rows + Math.floor(at / 2) : at);
      expect(read.every((value, at) => value === values[placeOf(at)])).toBe(true);
      expect(read).toHaveLength(values.length);
    }
  });

  it('names the row and column of a value that is not finite', async () => {
    const error = await refusal(npy('<f8', [2, 2], bytesOf(Float64Array.of(1, 2, 3, NaN))));
    expect(error).toMatchObject({ row: 2, column: 'x2' });
    expect(error.message).toContain('found "NaN", expected a finite number');
    const late = new Float64Array(9000).fill(1);
    late[8999] = Infinity;
    expect(await refusal(npy('<f8', [9000], bytesOf(late)))).toMatchObject({ row: 9000 });
  });

  it('may give a column as text', async () => {
    const integers = npy('<i8', [2, 1], bytesOf(BigInt64Array.of(9007199254740993n, -1n)));
    expect((await readContent(integers, { columns: [], text: ['x1'] })).cells).toEqual([
      ['9007199254740993'],
      ['-1'],
    ]);
  });

  it.each([
    ['<U5', [2], 'the type "<U5"'],
    ['|O', [2], 'the type "|O"'],
    ['<c16', [2], 'the type "<c16"'],
    ['<M8[ns]', [2], 'the type "<M8[ns]"'],
    ["[('a', '<f8')]", [2], 'records with named fields'],
    ['|u1', [2, 2, 2, 2, 2], 'the shape (2, 2, 2, 2, 2), expected rows and columns'],
    ['<f8', [2, 0], 'the shape (2, 0)'],
  ])('of %s %j is refused', async (descr, shape, words) => {
    const error = await refusal(npy(descr, shape, new Uint8Array(64)));
    expect(error.message).toContain(words);
  });

  it('without rows, cut short or damaged is refused', async () => {
    expect((await refusal(npy('<f8', [0, 2], new Uint8Array()))).message).toContain('found no rows');
    const whole = npy('<f8', [2, 3], bytesOf(Float64Array.from(VALUES)));
    expect((await refusal(whole.subarray(0, -1))).message).toContain('found 47 bytes of values, expected 48');
    for (const bytes of [whole.subarray(0, 8), whole.subarray(0, 40)]) await refusal(bytes);
    const newer = Buffer.from(whole);
    newer[6] = 9;
    expect((await refusal(newer)).message).toContain('damaged .npy header');
  });
});
