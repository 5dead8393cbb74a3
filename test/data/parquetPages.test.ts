import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { compressors } from 'hyparquet-compressors';
import { expect, it } from 'vitest';
import { requireSoundPages } from '../../src/data/parquetPages.ts';
import { parquetPackages } from '../../src/data/parquetPackages.ts';
import type { ColumnChunk } from '../../src/data/parquetPages.ts';

/** Numbers of the format. */
const [PLAIN, RLE, DELTA, DELTA_LENGTHS, DELTA_TEXTS, DICTIONARY, SPLIT, ALP] = [0, 3, 5, 6, 7, 8, 9, 10];

it.each<[string, Partial<ColumnChunk>, number[][]]>([
  ['plain numbers', { rows: 2 }, [page(2, PLAIN, bytes(16))]],
  ['nulls', { rows: 3, isNullable: true }, [page(3, PLAIN, [2, 0, 0, 0, 3, 0b101, ...bytes(16)])]],
  ['indices', { rows: 9 }, [dictionary(2), page(9, DICTIONARY, [1, 5, 0b1010, 1])]],
  ['indices of no bits', { rows: 9 }, [dictionary(1), page(9, DICTIONARY, [0])]],
  ['booleans', { rows: 9, type: 'BOOLEAN' }, [page(9, RLE, [2, 0, 0, 0, 18, 1])]],
  ['differences', { rows: 3, type: 'INT32' }, [page(3, DELTA, deltas([7, 8, 9]))]],
  ['texts', { rows: 2, type: 'BYTE_ARRAY' }, [page(2, DELTA_LENGTHS, [...deltas([1, 2]), ...bytes(3)])]],
  [
    'texts that share',
    { rows: 2, type: 'BYTE_ARRAY' },
    [page(2, DELTA_TEXTS, [...deltas([0, 1]), ...deltas([1, 1]), 65, 66])],
  ],
  ['split bytes', { rows: 2 }, [page(2, SPLIT, bytes(16))]],
  ['several pages', { rows: 3 }, [page(1, PLAIN, bytes(8)), page(2, PLAIN, bytes(16))]],
])('pages of %s are sound', (_, chunk, pages) => {
  expect(() => requireSoundPages(chunkOf(chunk, pages))).not.toThrow();
});

it.each<[string, Partial<ColumnChunk>, number[][], string]>([
  ['too few values', { rows: 3 }, [page(2, PLAIN, bytes(16))], 'its pages have 2 values, expected 3'],
  ['too many values', { rows: 1 }, [page(2, PLAIN, bytes(16))], 'a page has 2 values, expected 1 at most'],
  ['too few bytes', { rows: 2 }, [page(2, PLAIN, bytes(9))], 'found 9 bytes, expected 16 more'],
  [
    'a size of less than nothing',
    {},
    [page(1, PLAIN, bytes(8), { size: -30 })],
    'a page has the size in the file -30',
  ],
  ['no size', {}, [[...field(0, 1, 0), 0]], 'a page has no header of a known kind'],
  [
    'a size beyond the end',
    {},
    [page(1, PLAIN, bytes(8), { size: 2 ** 30 })],
    'found 8 bytes, expected 1073741824 more',
  ],
  ['a number without an end', {}, [[0x15, ...Array.from({ length: 99 }, () => 0x80)]], 'more than 10 bytes'],
  ['structures without an end', {}, [Array.from({ length: 99 }, () => 0x1c)], 'nested too deep'],
  ['a wrong checksum', {}, [page(1, PLAIN, bytes(8), { crc: 5 })], 'a page has a wrong checksum'],
  [
    'a long run',
    { rows: 9 },
    [dictionary(1), page(9, DICTIONARY, [1, ...varint(2 ** 31), 0])],
    'a run has 1073741824 values, expected 9',
  ],
  [
    'a list of no bits',
    { rows: 9 },
    [dictionary(1), second(9, DICTIONARY, [0, ...varint(2 ** 31 + 1)])],
    'a run has 8589934592 values',
  ],
  [
    'a list that is cut',
    { rows: 9 },
    [dictionary(2), page(9, DICTIONARY, [1, 5, 0])],
    'a run of 9 values ends after 1 bytes',
  ],
  [
    'indices beyond the dictionary',
    { rows: 9 },
    [dictionary(2), page(9, DICTIONARY, [2, 18, 2])],
    'found the number 2, expected one below 2',
  ],
  ['no dictionary', { rows: 9 }, [page(9, DICTIONARY, [1, 18, 0])], 'no dictionary is before it'],
  ['wide indices', { rows: 9 }, [dictionary(1), page(9, DICTIONARY, [99, 18, 0])], 'indices have 99 bits'],
  [
    'a level of 2',
    { rows: 9, isNullable: true },
    [page(9, PLAIN, [2, 0, 0, 0, 18, 2])],
    'found the number 2',
  ],
  [
    'a wrong number of nulls',
    { rows: 9, isNullable: true },
    [second(9, PLAIN, [18, 0], { levels: 2, nulls: 8 })],
    'a page has 9 nulls, expected 8',
  ],
  [
    'no parts of differences',
    { rows: 3, type: 'INT32' },
    [page(3, DELTA, [...varint(128), 0, 3, 0])],
    'differences are in blocks of 128 in 0 parts',
  ],
  [
    'wide differences',
    { rows: 3, type: 'INT32' },
    [page(3, DELTA, [...varint(128), 4, 3, 0, 2, 99, 0, 0, 0])],
    'differences have 99 bits',
  ],
  [
    'a text of less than nothing',
    { rows: 2, type: 'BYTE_ARRAY' },
    [page(2, DELTA_LENGTHS, deltas([0, -1]))],
    'a text has -1 bytes',
  ],
  [
    'texts that share too much',
    { rows: 2, type: 'BYTE_ARRAY' },
    [page(2, DELTA_TEXTS, [...deltas([0, 2]), ...deltas([1, 0]), 65])],
    'a text has 2 bytes of the one before it, which has 1',
  ],
  [
    'many exceptions',
    { rows: 1 },
    [page(1, ALP, [0, 0, 3, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 255, 255])],
    'a vector has 65535 exceptions, expected 1 at most',
  ],
  ['an unknown encoding', {}, [page(1, 99, bytes(8))], 'values have the unknown encoding 99'],
])('pages with %s are refused', (_, chunk, pages, message) => {
  expect(() => requireSoundPages(chunkOf(chunk, pages))).toThrow(message);
});

it('packed pages are checked unpacked', () => {
  const packed = [...gzipSync(Buffer.from(bytes(16)))];
  requireSoundPages(chunkOf({ rows: 2, codec: 'GZIP' }, [page(2, PLAIN, packed, { unpacked: 16 })]));
  const pages = [page(2, PLAIN, packed, { unpacked: 8 })];
  expect(() => requireSoundPages(chunkOf({ rows: 2, codec: 'GZIP' }, pages))).toThrow('found 8 bytes');
});

it('packed pages without bytes are empty', async () => {
  const packages = await parquetPackages('a.parquet');
  for (const unpack of Object.values(packages.compressors))
    expect(unpack(Uint8Array.of(0), 0)).toHaveLength(0);
});

function chunkOf(given: Partial<ColumnChunk>, pages: number[][]): ColumnChunk {
  const common = {
    rows: 1,
    isNullable: false,
    type: 'DOUBLE',
    codec: 'UNCOMPRESSED',
    length: undefined,
  } as const;
  return { ...common, compressors, ...given, bytes: Uint8Array.from(pages.flat()) };
}

function bytes(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))];
}

function zigzag(value: number): number[] {
  return varint(value < 0 ? -2 * value - 1 : 2 * value);
}

/** A whole number in a struct of Thrift. */
function field(before: number, place: number, value: number): number[] {
  return [((place - before) << 4) | 5, ...zigzag(value)];
}

interface Wrong {
  size?: number;
  unpacked?: number;
  crc?: number;
  levels?: number;
  nulls?: number;
}

function head(kind: number, place: number, body: number[], own: number[], wrong: Wrong): number[] {
  const { size = body.length, unpacked = body.length, crc } = wrong;
  const checksum = crc === undefined ? [] : field(3, 4, crc);
  const start = [...field(0, 1, kind), ...field(1, 2, unpacked), ...field(2, 3, size), ...checksum];
  return [...start, ((place - (crc === undefined ? 3 : 4)) << 4) | 12, ...own, 0, 0, ...body];
}

/** A data page of version 1. */
function page(count: number, encoding: number, body: number[], wrong: Wrong = {}): number[] {
  return head(0, 5, body, [...field(0, 1, count), ...field(1, 2, encoding)], wrong);
}

/** A data page of version 2. */
function second(count: number, encoding: number, body: number[], wrong: Wrong = {}): number[] {
  const { levels = 0, nulls = 0 } = wrong;
  const own = [count, nulls, count, encoding, levels, 0].flatMap((value, i) => field(i, i + 1, value));
  return head(3, 8, body, own, wrong);
}

/** A dictionary of numbers. */
function dictionary(count: number): number[] {
  return head(2, 7, bytes(8 * count), [...field(0, 1, count), ...field(1, 2, PLAIN)], {});
}

/** Numbers as differences of 8 bits, of which the least is −10. */
function deltas(values: number[]): number[] {
  const steps = values.slice(1).map((value, i) => value - values[i]! + 10);
  const body = [...steps, ...bytes(32 - steps.length)];
  return [...varint(128), 4, values.length, ...zigzag(values[0]!), ...zigzag(-10), 8, 0, 0, 0, ...body];
}
