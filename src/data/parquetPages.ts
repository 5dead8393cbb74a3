/**
 * Checks the pages of a Parquet column before hyparquet decodes them. The decoder takes counts and lengths on trust:
 * a damaged one lets it loop for ever, fill the memory, or return values that nobody wrote.
 * @see https://github.com/apache/parquet-format/blob/master/Encodings.md
 */
import type { CompressionCodec, Compressors, ParquetType } from 'hyparquet';
import { ByteReader } from './byteReader.ts';
import type { ThriftStruct } from './byteReader.ts';
import { crc32 } from './crc32.ts';

/** The bytes of a column in one row group, with one value a row. */
export interface ColumnChunk {
  bytes: Uint8Array;
  rows: number;
  isNullable: boolean;
  type: ParquetType;
  codec: CompressionCodec;
  compressors: Compressors;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY. */
  length: number | undefined;
}

/** @throws {Error} with what is wrong, for pages that no sound file has */
export function requireSoundPages(chunk: ColumnChunk): void {
  const { bytes, rows } = chunk;
  const reader = new ByteReader(bytes);
  let dictionary: number | undefined;
  for (let read = 0; read < rows;) {
    if (reader.left === 0) throw new Error(`its pages have ${read} values, expected ${rows}`);
    const header = pageHeader(new ByteReader(bytes.subarray(reader.at, reader.at + MAX_HEADER)));
    reader.skip(header.length);
    const page = bytes.subarray(reader.at, reader.at + header.packed);
    reader.skip(header.packed);
    if (header.crc !== undefined && crc32(page) !== header.crc)
      throw new Error('a page has a wrong checksum');
    if (header.kind === DICTIONARY) {
      dictionary = header.count;
      requirePlain(chunk, dictionary, new ByteReader(unpacked(chunk, page, header.size)));
    } else {
      if (header.count > rows - read) {
        throw new Error(`a page has ${header.count} values, expected ${rows - read} at most`);
      }
      const values =
        header.kind === DATA ? valuesOf(chunk, page, header) : valuesOfSecond(chunk, page, header);
      requireSoundValues(chunk, header.encoding, values, dictionary);
      read += header.count;
    }
  }
}

/** A header holds counts, and statistics of the page. */
const MAX_HEADER = 2 ** 16;
/** The kinds of pages. */
const [DATA, DICTIONARY, DATA_2] = [0, 2, 3];

interface PageHeader {
  kind: number;
  /** Bytes of the header itself. */
  length: number;
  /** Bytes of the page in the file, and unpacked. */
  packed: number;
  size: number;
  crc: number | undefined;
  count: number;
  encoding: number;
  /** In pages of version 2. */
  nulls: number;
  levels: number;
  repetitions: number;
  isPacked: boolean;
}

function pageHeader(reader: ByteReader): PageHeader {
  const page = reader.struct();
  const kind = countIn(page, 1, 'kind');
  const own = page.get({ [DATA]: 5, [DICTIONARY]: 7, [DATA_2]: 8 }[kind] ?? 0);
  if (!(own instanceof Map)) throw new Error('a page has no header of a known kind');
  const isSecond = kind === DATA_2;
  const crc = page.get(4);
  return {
    kind,
    length: reader.at,
    size: countIn(page, 2, 'size'),
    packed: countIn(page, 3, 'size in the file'),
    crc: typeof crc === 'number' ? crc >>> 0 : undefined,
    count: countIn(own, 1, 'number of values'),
    encoding: countIn(own, isSecond ? 4 : 2, 'encoding'),
    nulls: isSecond ? countIn(own, 2, 'number of nulls') : 0,
    levels: isSecond ? countIn(own, 5, 'length of levels') : 0,
    repetitions: isSecond ? countIn(own, 6, 'length of levels') : 0,
    isPacked: own.get(7) !== false,
  };
}

function countIn(struct: ThriftStruct, field: number, name: string): number {
  const found = struct.get(field);
  if (typeof found === 'number' && found >= 0 && found < 2 ** 31) return found;
  throw new Error(`a page has ${typeof found === 'number' ? `the ${name} ${found}` : `no ${name}`}`);
}

/** The values of a page without nulls, still encoded. */
interface PageValues {
  count: number;
  reader: ByteReader;
  isSecond: boolean;
}

function valuesOf(chunk: ColumnChunk, page: Uint8Array, { size, count }: PageHeader): PageValues {
  const reader = new ByteReader(unpacked(chunk, page, size));
  const present = chunk.isNullable ? requireRuns(reader.part(reader.little(4)), 1, count, 2) : count;
  return { count: present, reader, isSecond: false };
}

/** Pages of version 2 have their levels in front, not packed. */
function valuesOfSecond(chunk: ColumnChunk, page: Uint8Array, header: PageHeader): PageValues {
  const { levels, repetitions, count, nulls } = header;
  const reader = new ByteReader(page);
  if (repetitions > 0 || (levels > 0 && !chunk.isNullable))
    throw new Error('a page has levels, expected none');
  const present = chunk.isNullable ? requireRuns(reader.part(levels), 1, count, 2) : count;
  if (present !== count - nulls) throw new Error(`a page has ${count - present} nulls, expected ${nulls}`);
  const size = header.size - levels;
  const values = page.subarray(levels);
  const isPacked = header.isPacked && size !== 0;
  return {
    count: present,
    reader: new ByteReader(isPacked ? unpacked(chunk, values, size) : values),
    isSecond: true,
  };
}

function unpacked({ codec, compressors }: ColumnChunk, page: Uint8Array, size: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') {
    if (page.length !== size) throw new Error(`a page has ${page.length} bytes, expected ${size}`);
    return page;
  }
  const unpack = compressors[codec];
  if (unpack === undefined) throw new Error(`its pages are packed by ${codec}, which is unknown`);
  return unpack(page, size);
}

/** Checks values by their encoding, which the format numbers. */
function requireSoundValues(
  chunk: ColumnChunk,
  encoding: number,
  { count, reader, isSecond }: PageValues,
  dictionary: number | undefined,
): void {
  if (count === 0) return;
  switch (encoding) {
    case 0:
    case 9:
      requirePlain(chunk, count, reader);
      return;
    case 2:
    case 3:
    case 8:
      if (chunk.type === 'BOOLEAN') requireRuns(reader.part(reader.little(4)), 1, count, 2);
      else requireIndices(reader, count, dictionary, isSecond);
      return;
    case 5:
      deltasIn(reader, count);
      return;
    case 6:
      sumOf(deltasIn(reader, count), reader.left);
      return;
    case 7:
      requirePrefixes(deltasIn(reader, count), deltasIn(reader, count), reader.left);
      return;
    case 10:
      requireAlp(reader, count);
      return;
    default:
      throw new Error(`values have the unknown encoding ${encoding}`);
  }
}

/** Bytes of a value; texts have their lengths in front of them. */
const VALUE_BYTES = { BOOLEAN: 1 / 8, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 };

function requirePlain({ type, length }: ColumnChunk, count: number, reader: ByteReader): void {
  if (type === 'BYTE_ARRAY') for (let i = 0; i < count; i++) reader.skip(reader.little(4));
  else reader.skip(Math.ceil(count * (type === 'FIXED_LEN_BYTE_ARRAY' ? (length ?? 1) : VALUE_BYTES[type])));
}

function requireIndices(
  reader: ByteReader,
  count: number,
  dictionary: number | undefined,
  isSecond: boolean,
): void {
  if (dictionary === undefined) throw new Error('a page has indices, and no dictionary is before it');
  const width = reader.byte();
  if (width > 32) throw new Error(`indices have ${width} bits, expected 32 at most`);
  // In pages of version 1, indices of no bits have no runs.
  if (width > 0 || isSecond) requireRuns(reader, width, count, dictionary);
  else if (dictionary === 0) throw new Error('a page has the index 0 of a dictionary without values');
}

/** Reads `count` numbers of `width` bits, in runs that repeat one number or list them. @returns their sum */
function requireRuns(reader: ByteReader, width: number, count: number, end: number): number {
  let sum = 0;
  for (let read = 0; read < count;) {
    const head = reader.varint();
    const isList = head % 2 === 1;
    const length = isList ? 8 * Math.floor(head / 2) : head / 2;
    // A list has a multiple of 8 numbers, and so too many at the end.
    if (
      head >= 2 ** 32 ||
      (length > count - read && !isList) ||
      (width === 0 && length >= count - read + 8)
    ) {
      throw new Error(`a run has ${length} values, expected ${count - read} at most`);
    }
    const used = Math.min(length, count - read);
    const valueBits = isList ? width : 8 * Math.ceil(width / 8);
    const bits = isList ? used * width : valueBits;
    if (bits > 8 * reader.left) throw new Error(`a run of ${used} values ends after ${reader.left} bytes`);
    const times = isList ? 1 : used;
    for (let i = 0; i < used; i += times) {
      const value = reader.bits(i * width, valueBits);
      if (value >= end) throw new Error(`found the number ${value}, expected one below ${end}`);
      sum += value * times;
    }
    reader.skip(isList ? Math.min((length / 8) * width, reader.left) : bits / 8);
    read += used;
  }
  return sum;
}

/** The lower 32 bits of whole numbers that are stored as differences, in blocks of parts of equal widths. */
function deltasIn(reader: ByteReader, count: number): Int32Array {
  const [block, parts] = [reader.varint(), reader.varint()];
  reader.varint();
  const size = block / parts;
  if (!(size > 0 && size % 8 === 0 && block < 2 ** 31)) {
    throw new Error(`differences are in blocks of ${block} in ${parts} parts`);
  }
  const values = new Int32Array(count);
  let value = reader.zigzag() | 0;
  values[0] = value;
  for (let read = 1; read < count;) {
    const least = reader.zigzag();
    const widths = reader.part(parts);
    for (let part = 0; part < parts && read < count; part++) {
      const width = widths.byte();
      const used = Math.min(size, count - read);
      if (width > 64) throw new Error(`differences have ${width} bits, expected 64 at most`);
      if (used * width > 8 * reader.left)
        throw new Error(`${used} differences end after ${reader.left} bytes`);
      for (let i = 0; i < used; i++)
        values[read++] = value = (value + least + reader.bits(i * width, width)) | 0;
      reader.skip(Math.min((size / 8) * width, reader.left));
    }
  }
  return values;
}

/** The sum of the lengths of texts. */
function sumOf(lengths: Int32Array, left: number): number {
  let sum = 0;
  for (const length of lengths) {
    if (length < 0) throw new Error(`a text has ${length} bytes`);
    sum += length;
  }
  if (sum > left) throw new Error(`texts have ${sum} bytes, expected ${left} at most`);
  return sum;
}

/** Bytes of the texts of a page that share their beginnings. Writers end a page at a megabyte or so. */
const MAX_SHARING_BYTES = 2 ** 28;

/** Each text begins like the one before it. */
function requirePrefixes(prefixes: Int32Array, suffixes: Int32Array, left: number): void {
  let sum = sumOf(suffixes, left);
  let previous = 0;
  for (const [i, prefix] of prefixes.entries()) {
    if (prefix < 0 || prefix > previous) {
      throw new Error(`a text has ${prefix} bytes of the one before it, which has ${previous}`);
    }
    sum += prefix;
    previous = prefix + (suffixes[i] ?? 0);
  }
  if (sum > MAX_SHARING_BYTES) throw new Error(`the texts of a page have ${sum} bytes`);
}

/** Numbers in vectors, each with exceptions. @see https://github.com/apache/parquet-format/blob/master/AlpEncoding.md */
function requireAlp(reader: ByteReader, count: number): void {
  reader.skip(2);
  const size = 2 ** reader.byte();
  if (reader.little(4) !== count) throw new Error(`a page has another number of values than ${count}`);
  const [body, vectors] = [reader.at, Math.ceil(count / size)];
  const offsets = Array.from({ length: vectors }, () => reader.little(4));
  for (const [vector, offset] of offsets.entries()) {
    reader.at = body;
    reader.skip(offset + 2);
    const exceptions = reader.little(2);
    const most = Math.min(size, count - vector * size);
    if (exceptions > most) throw new Error(`a vector has ${exceptions} exceptions, expected ${most} at most`);
  }
}
