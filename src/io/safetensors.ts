/**
 * The safetensors container, F32 tensors only: u64 header length (little-endian), JSON header, tensor data.
 * @see https://huggingface.co/docs/safetensors
 */
import { ModelFileError, ShapeError } from '../errors.ts';
import { parseStrictJson, shown } from '../spec/strictJson.ts';

/** One tensor: `shape` outermost dimension first ([] is a scalar), `data` in row-major order. */
export interface SafetensorsTensor {
  name: string;
  dtype: 'F32';
  shape: readonly number[];
  data: Float32Array;
}

/** The contents of a file, in the order of its header. */
export interface SafetensorsFile {
  tensors: Map<string, SafetensorsTensor>;
  metadata: Map<string, string>;
}

export const LENGTH_BYTES = 8;
const BYTES_PER_ELEMENT = 4;
/** Far more than a model needs, and read within a second. */
export const MAX_HEADER_BYTES = 32_000_000;
const METADATA_KEY = '__metadata__';

/**
 * The bytes of a file; equal arguments give equal bytes. The header starts with `__metadata__` (keys sorted),
 * then the tensors in the given order, and is padded with spaces so that the data start at a multiple of 8.
 * @throws {ShapeError} when a name is used twice or reserved, or a shape does not fit its data
 */
export function writeSafetensors(content: {
  tensors: readonly SafetensorsTensor[];
  metadata: Record<string, string>;
}): Uint8Array {
  const names = new Set<string>();
  const entries: string[] = [];
  let end = 0;
  for (const { name, dtype, shape, data } of content.tensors) {
    if (names.has(name) || name === METADATA_KEY || name in Object.prototype) {
      throw new ShapeError('tensor name', shown(name), 'a name that is neither reserved nor used twice');
    }
    names.add(name);
    if (elementCount(shape) !== data.length) {
      throw new ShapeError(`tensor ${name}`, `${data.length} elements`, `shape ${shown(shape)}`);
    }
    const begin = end;
    end += data.byteLength;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }

  const metadata = Object.fromEntries(
    Object.entries(content.metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  const json = `{${[`"${METADATA_KEY}":${JSON.stringify(metadata)}`, ...entries].join(',')}}`;
  const header = new TextEncoder().encode(json);
  const headerLength = Math.ceil(header.length / 8) * 8;

  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end).fill(0x20, LENGTH_BYTES + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(header, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerLength;
  for (const { data } of content.tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Checks and reads a whole file. A tensor's `data` is a view of `bytes` if the alignment allows it, else a copy.
 * @param fileName used in messages only
 * @throws {ModelFileError} unless it is a safetensors file of finite F32 tensors, whose data are contiguous,
 *   without overlaps, holes or trailing bytes
 */
export function readSafetensors(bytes: Uint8Array, fileName: string): SafetensorsFile {
  const dataStart = headerEnd(bytes, bytes.length, fileName);
  const { metadata, entries } = readLayout(bytes.subarray(0, dataStart), bytes.length, fileName);
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, shape, begin, end } of entries) {
    const values = floats(data.subarray(begin, end));
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) {
      throw new ModelFileError(
        fileName,
        `tensor ${shown(name)}, element ${index}: found ${values[index]}, expected a finite number`,
        'The run that wrote it diverged or the file is damaged.',
      );
    }
    tensors.set(name, { name, dtype: 'F32', shape, data: values });
  }
  return { tensors, metadata };
}

/**
 * The position after the header.
 * @param start the first eight bytes, or more
 * @param size of the file, in bytes
 * @throws {ModelFileError} when no header can be that long
 */
export function headerEnd(start: Uint8Array, size: number, file: string): number {
  if (size < LENGTH_BYTES) {
    throw mismatch(file, 'file', `${size} bytes`, `at least ${LENGTH_BYTES}`, NO_SAFETENSORS);
  }
  const declared = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES);
  if (declared >= 2n && declared <= BigInt(most)) return LENGTH_BYTES + Number(declared);
  const expected =
    declared < 2n
      ? 'at least 2'
      : declared > BigInt(MAX_HEADER_BYTES)
        ? `at most ${MAX_HEADER_BYTES}`
        : `at most the ${size - LENGTH_BYTES} that follow it`;
  throw mismatch(file, 'header length', `${declared} bytes`, expected, NO_SAFETENSORS);
}

/**
 * Checks and reads all but the tensors' data.
 * @param header the bytes up to `headerEnd`
 * @param size of the file, in bytes
 * @throws {ModelFileError} like `readSafetensors`
 */
export function readLayout(
  header: Uint8Array,
  size: number,
  file: string,
): { metadata: Map<string, string>; entries: Entry[] } {
  const dataLength = size - header.length;
  const json = readHeader(header, file);
  const metadata = readMetadata(json[METADATA_KEY], file);
  const entries = Object.entries(json)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, entry]) => readEntry(name, entry, dataLength, file));
  checkCoverage(entries, dataLength, file);
  return { metadata, entries };
}

/** The bytes of a whole file with this header, by the end of its last tensor. @throws {ModelFileError} like `readLayout` */
export function sizeFrom(header: Uint8Array, file: string): number {
  const { [METADATA_KEY]: _, ...entries } = readHeader(header, file);
  const ends = Object.entries(entries).map(([name, entry]) => readEntry(name, entry, Infinity, file).end);
  return header.length + ends.reduce((most, end) => Math.max(most, end), 0);
}

interface Entry {
  name: string;
  shape: number[];
  begin: number;
  end: number;
}

const NO_SAFETENSORS = 'This is not a safetensors file, or it was cut or damaged.';

function readHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    header = parseStrictJson(decoder.decode(bytes.subarray(LENGTH_BYTES)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw mismatch(file, 'header', reason, 'a JSON object in UTF-8');
  }
  if (!isObject(header)) throw mismatch(file, 'header', shown(header), 'a JSON object');
  return header;
}

function readMetadata(found: unknown, file: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (found === undefined) return metadata;
  if (!isObject(found)) throw mismatch(file, METADATA_KEY, shown(found), 'an object of strings');
  for (const [key, value] of Object.entries(found)) {
    if (typeof value !== 'string') {
      throw mismatch(file, `${METADATA_KEY}, key ${shown(key)}`, shown(value), 'a string');
    }
    metadata.set(key, value);
  }
  return metadata;
}

function readEntry(name: string, entry: unknown, dataLength: number, file: string): Entry {
  const where = `tensor ${shown(name)}`;
  if (!isObject(entry)) throw mismatch(file, where, shown(entry), 'an object');
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  const [unknownKey] = Object.keys(rest);
  if (unknownKey !== undefined) {
    throw mismatch(file, where, `key ${shown(unknownKey)}`, 'only dtype, shape and data_offsets');
  }
  if (dtype !== 'F32') {
    throw mismatch(file, `${where}, dtype`, shown(dtype), '"F32"', 'Convert the tensors to float32.');
  }
  if (!isArrayOfCounts(shape)) {
    throw mismatch(file, `${where}, shape`, shown(shape), 'an array of integers ≥ 0');
  }
  const size = elementCount(shape) * BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(size)) {
    throw mismatch(file, `${where}, shape`, shown(shape), 'a product of fewer than 2^51 elements');
  }
  const [begin, end] = isArrayOfCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    throw mismatch(file, `${where}, data_offsets`, shown(offsets), 'two ascending integers ≥ 0');
  }
  if (end > dataLength) {
    throw mismatch(
      file,
      `${where}, data_offsets`,
      shown(offsets),
      `no offset past the ${dataLength} data bytes`,
    );
  }
  if (end - begin !== size) {
    throw mismatch(
      file,
      `${where}, data_offsets`,
      `${end - begin} bytes`,
      `${size} for shape ${shown(shape)}`,
    );
  }
  return { name, shape, begin, end };
}

/** The tensors, in the order of their offsets, must fill the data exactly. */
function checkCoverage(entries: readonly Entry[], dataLength: number, file: string): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const problem = begin < position ? 'an overlap with the tensor before' : 'a hole before it';
      throw mismatch(
        file,
        `tensor ${shown(name)}, data_offsets`,
        `a start at ${begin}, ${problem}`,
        String(position),
      );
    }
    position = end;
  }
  if (position !== dataLength) {
    throw mismatch(file, 'tensor data', `${dataLength} bytes`, `${position}, where the last tensor ends`);
  }
}

/** Turns bytes into floats by a view: WebGPU's platforms are little-endian, like the file. */
function floats(bytes: Uint8Array): Float32Array {
  // Not bytes.slice(): for a Node Buffer it is a view of the same unaligned bytes.
  const aligned = bytes.byteOffset % BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, bytes.length / BYTES_PER_ELEMENT);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArrayOfCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function mismatch(file: string, where: string, found: string, expected: string, advice = ''): ModelFileError {
  return new ModelFileError(file, `${where}: found ${found}, expected ${expected}`, advice);
}
