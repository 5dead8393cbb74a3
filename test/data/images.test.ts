import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsBetween } from '../../src/data/images/between.ts';
import { averaged } from '../../src/data/images/images.ts';
import { pngOf } from '../../src/data/images/png.ts';
import { readImages } from '../../src/data/images/readImages.ts';
import { readContent, refusal, tableFile, useTableFolder } from '../support/tableFiles.ts';

useTableFolder();

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wgflow-images-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file like those of MNIST. */
function idx(shape: readonly number[], elements: Uint8Array | readonly number[], code = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, code, shape.length]);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, Buffer.from(elements)]);
}

/** A file of numpy.save. */
function npy(descr: string, shape: readonly number[], elements: Uint8Array, isFortran = false): Buffer {
  const order = isFortran ? 'True' : 'False';
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}), }`;
  const text = header.padEnd(117) + '\n';
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([118, 0]),
    Buffer.from(text),
    elements,
  ]);
}

async function png(name: string, image: Parameters<typeof encode>[0]): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, encode(image));
  return file;
}

const TWO = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255);

describe('images', () => {
  it('of an IDX file are read, packed or not', async () => {
    const bytes = idx([2, 2, 3], TWO);
    for (const content of [bytes, gzipSync(bytes)]) {
      expect(await readImages(await tableFile(content))).toEqual({ shape: [1, 2, 3], pixels: TWO });
    }
  });

  it('are rows of a table, one column for each pixel', async () => {
    const { columns, values, rows } = await readContent(idx([2, 2, 3], TWO));
    expect({ columns, rows }).toEqual({ columns: ['x1', 'x2', 'x3', 'x4', 'x5', 'x6'], rows: 2 });
    expect(values).toEqual([...TWO]);
  });

  it('have their labels as the last column, where asked', async () => {
    const images = { labels: { cells: ['dog'], heading: 'cat' } };
    const table = await readContent(idx([2, 2, 3], TWO), { images, text: ['label'] });
    expect(table.cells).toEqual([['cat'], ['dog']]);
    expect(table.values).toEqual([...TWO]);
    const error = await refusal(idx([2, 2, 3], TWO), { images: { labels: { cells: ['cat'] } } });
    expect(error.message).toContain('found 2 images, expected 1, as there are labels');
  });

  it('of a .npy array have their channels first, whether they are first or last there', async () => {
    const first = Uint8Array.from({ length: 24 }, (_, place) => place);
    const last = Uint8Array.from({ length: 24 }, (_, place) => {
      const [image, pixel, channel] = [Math.floor(place / 12), Math.floor(place / 3) % 4, place % 3];
      return image * 12 + channel * 4 + pixel;
    });
    const expected = { shape: [3, 2, 2], pixels: first };
    expect(await readImages(await tableFile(npy('|u1', [2, 3, 2, 2], first)))).toEqual(expected);
    expect(await readImages(await tableFile(npy('|u1', [2, 2, 2, 3], last)))).toEqual(expected);
  });

  it('of a .npy array in Fortran order, or of wider integers, are the same', async () => {
    const fortran = Uint8Array.from({ length: 12 }, (_, place) => {
      const [image, y, x] = [place % 2, Math.floor(place / 2) % 2, Math.floor(place / 4)];
      return TWO[image * 6 + y * 3 + x] ?? 0;
    });
    const expected = { shape: [1, 2, 3], pixels: TWO };
    expect(await readImages(await tableFile(npy('|u1', [2, 2, 3], fortran, true)))).toEqual(expected);
    const wide = new Uint8Array(Int32Array.from(TWO).buffer);
    expect(await readImages(await tableFile(npy('<i4', [2, 2, 3], wide)))).toEqual(expected);
  });

  it('of other numbers are refused', async () => {
    const shares = new Uint8Array(Float32Array.of(0, 1, 0.5, 1).buffer);
    const error = await refusal(npy('<f4', [1, 2, 2], shares));
    expect(error.message).toContain('found a pixel of 0.5, expected whole numbers from 0 to 255');
    const large = new Uint8Array(Int16Array.of(0, 1, 256, 1).buffer);
    expect((await refusal(npy('<i2', [1, 2, 2], large))).message).toContain('found a pixel of 256');
    expect((await refusal(npy('|u1', [1, 2, 2, 2], new Uint8Array(8)))).message).toContain(
      'found an array of the shape (1, 2, 2, 2), expected [N, H, W], or with 1 or 3 channels',
    );
    expect((await refusal(idx([0, 2, 2], []))).message).toContain('found no images');
    expect((await refusal(idx([2, 2, 3], TWO).subarray(0, -1))).message).toContain(
      'found 11 bytes of values',
    );
  });

  it('of a PNG are grey or of three colours', async () => {
    const grey = await png('grey.png', { width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 200) });
    expect(await readImages(grey)).toEqual({ shape: [1, 1, 2], pixels: Uint8Array.of(3, 200) });
    const data = Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255);
    const colours = await png('colours.png', { width: 2, height: 1, channels: 4, data });
    expect(await readImages(colours)).toEqual({ shape: [3, 1, 2], pixels: Uint8Array.of(1, 4, 2, 5, 3, 6) });
    const clear = await png('clear.png', {
      width: 1,
      height: 1,
      channels: 4,
      data: Uint8Array.of(1, 2, 3, 9),
    });
    await expect(readImages(clear)).rejects.toThrow(/clear\.png: found transparent pixels/);
    const deep = await png('deep.png', {
      width: 1,
      height: 1,
      channels: 1,
      depth: 16,
      data: Uint16Array.of(9),
    });
    await expect(readImages(deep)).rejects.toThrow(/found a PNG of 16 bits a channel, expected 8/);
    const damaged = await tableFile(Buffer.from('\x89PNG\r\n\x1a\nnothing', 'latin1'));
    await expect(readImages(damaged)).rejects.toThrow(/found a damaged PNG/);
  });

  it('of a folder are in the order of their names, with the names of their folders as labels', async () => {
    const pixel = (value: number) => ({
      width: 1,
      height: 2,
      channels: 1,
      data: Uint8Array.of(value, value),
    });
    await png('flat/b.png', pixel(2));
    await png('flat/a.PNG', pixel(1));
    expect(await readImages(path.join(folder, 'flat'))).toEqual({
      shape: [1, 2, 1],
      pixels: Uint8Array.of(1, 1, 2, 2),
    });
    await png('named/dog/1.png', pixel(7));
    await png('named/cat/9.png', pixel(8));
    expect(await readImages(path.join(folder, 'named'))).toEqual({
      shape: [1, 2, 1],
      pixels: Uint8Array.of(8, 8, 7, 7),
      labels: ['cat', 'dog'],
    });
    await png('flat/c.png', { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 1) });
    await expect(readImages(path.join(folder, 'flat'))).rejects.toThrow(
      /c\.png: found an image of 1 × 1 × 2, expected 1 × 2 × 1 like a\.PNG/,
    );
    await png('named/2.png', pixel(9));
    await expect(readImages(path.join(folder, 'named'))).rejects.toThrow(
      /expected all PNG files in the folder/,
    );
    await mkdir(path.join(folder, 'empty'));
    await expect(readImages(path.join(folder, 'empty'))).rejects.toThrow(/found a folder without PNG files/);
  });

  it('are none in a table, and none in a file that is missing', async () => {
    expect(await readImages(await tableFile('a,b\n1,2\n'))).toBeUndefined();
    expect(await readImages(await tableFile(idx([3], [1, 2, 3])))).toBeUndefined();
    await expect(readImages(path.join(folder, 'none.idx'))).rejects.toThrow(/found no such file/);
  });

  it('become smaller by the mean of their blocks', () => {
    const images = {
      shape: [1, 2, 4] as [number, number, number],
      pixels: Uint8Array.of(0, 4, 80, 81, 4, 9, 90, 82),
    };
    expect(averaged(images, [1, 1, 2], 'f')).toEqual({ shape: [1, 1, 2], pixels: Uint8Array.of(4, 83) });
    expect(averaged(images, [1, 2, 4], 'f')).toBe(images);
    expect(() => averaged(images, [1, 2, 3], 'f')).toThrow(/found images of 1 × 2 × 4, expected 1 × 2 × 3/);
  });

  it('survive a PNG', async () => {
    const images = { shape: [3, 1, 2] as [number, number, number], pixels: Uint8Array.of(1, 4, 2, 5, 3, 6) };
    const file = path.join(folder, 'back.png');
    await writeFile(file, pngOf(images));
    expect(await readImages(file)).toEqual(images);
  });
});

describe('an IDX file of one or two axes', () => {
  it('is a table', async () => {
    expect((await readContent(idx([3], [1, 2, 255]))).values).toEqual([1, 2, 255]);
    expect((await readContent(gzipSync(idx([3], [1, 2, 255])))).values).toEqual([1, 2, 255]);
    const doubles = Buffer.alloc(16);
    doubles.writeDoubleBE(0.1, 0);
    doubles.writeDoubleBE(-2, 8);
    expect((await readContent(idx([1, 2], doubles, 0x0e))).values).toEqual([0.1, -2]);
    expect((await refusal(idx([3], []).subarray(0, 6))).message).toContain('found a damaged IDX header');
  });
});

describe('rows between two others', () => {
  it('begin at one and end at the other, with the spread of both', () => {
    const ends = Float32Array.of(1, 2, 3, 6, 10, 0, 0, 0);
    expect([...rowsBetween(ends, 2, 3)]).toEqual([1, 2, 2, 4, 3, 6, 10, 0, 5, 0, 0, 0]);
    const middle = rowsBetween(Float32Array.of(3, 3), 1, 3, Math.hypot)[1];
    expect(middle).toBeCloseTo(3 * Math.SQRT2, 6);
  });
});
