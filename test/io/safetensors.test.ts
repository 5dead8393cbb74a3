import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { ModelFileError, ShapeError } from '../../src/errors.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A file with `header` unchanged and `dataLength` zero bytes. */
function fileOf(header: string | Uint8Array, dataLength = 0): Uint8Array {
  const encoded = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + encoded.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}

function fileOfTensors(tensors: Record<string, unknown>, dataLength: number): Uint8Array {
  return fileOf(JSON.stringify(tensors), dataLength);
}

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const refusal = (bytes: Uint8Array): string => {
  try {
    readSafetensors(bytes, 'bad.safetensors');
  } catch (error) {
    if (error instanceof ModelFileError) return error.message;
    throw error;
  }
  throw new Error('the file was accepted');
};

describe('writing safetensors', () => {
  const tensor = { name: 'a', dtype: 'F32' as const, shape: [2, 1], data: Float32Array.of(1, -2) };

  it('puts the metadata first, sorts its keys, and aligns the data to 8 bytes', () => {
    const bytes = writeSafetensors({ tensors: [tensor], metadata: { z: '1', b: '"2"' } });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(text(bytes.subarray(8, 8 + length))).toBe(
      '{"__metadata__":{"b":"\\"2\\"","z":"1"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}'.padEnd(
        length,
      ),
    );
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('gives equal bytes for equal content, whatever the order of the metadata keys', () => {
    const one = writeSafetensors({ tensors: [tensor], metadata: { z: '1', b: '2' } });
    const other = writeSafetensors({ tensors: [tensor], metadata: { b: '2', z: '1' } });
    expect(one).toEqual(other);
  });

  it.each([
    ['a name used twice', [tensor, tensor]],
    ['the name of the metadata', [{ ...tensor, name: '__metadata__' }]],
    ['a name of Object.prototype', [{ ...tensor, name: '__proto__' }]],
    ['a shape that does not fit the data', [{ ...tensor, shape: [3] }]],
  ])('refuses %s', (_case, tensors) => {
    expect(() => writeSafetensors({ tensors, metadata: {} })).toThrow(ShapeError);
  });
});

describe('reading safetensors', () => {
  it('gives back every bit of what was written', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    const arrays = fc.dictionary(
      fc.stringMatching(/^[a-z.]{1,8}[0-9"é]?$/),
      fc.array(finite, { maxLength: 9 }),
    );
    fc.assert(
      fc.property(arrays, fc.dictionary(fc.stringMatching(/^[a-z]{3}$/), fc.string()), (named, metadata) => {
        const tensors = Object.entries(named).map(([name, values]) => ({
          name: `t${name}`,
          dtype: 'F32' as const,
          shape: [1, values.length],
          data: Float32Array.from(values),
        }));
        const file = readSafetensors(writeSafetensors({ tensors, metadata }), 'f');
        expect(Object.fromEntries(file.metadata)).toEqual({ ...metadata });
        expect([...file.tensors.values()]).toEqual(tensors);
        for (const { name, data } of tensors) {
          const read = file.tensors.get(name)?.data ?? new Float32Array();
          expect(new Uint32Array(read.slice().buffer)).toEqual(new Uint32Array(data.slice().buffer));
        }
      }),
    );
  });

  it('accepts tensors in any order, scalars, empty tensors, extra metadata and no metadata', () => {
    const bytes = fileOfTensors({ b: entry(4, 12), none: entry(4, 4, [0, 3]), a: entry(0, 4, []) }, 12);
    const { tensors, metadata } = readSafetensors(bytes, 'f');
    expect([...tensors.keys()]).toEqual(['b', 'none', 'a']);
    expect(tensors.get('none')?.data.length).toBe(0);
    expect(metadata.size).toBe(0);
  });

  it('reads data at any alignment, of a Uint8Array or a Buffer of Node', () => {
    for (let shift = 0; shift < 8; shift += 1) {
      const bytes = fileOf(`${JSON.stringify({ a: entry(0, 4) })}${' '.repeat(shift)}`, 4);
      new DataView(bytes.buffer).setFloat32(bytes.length - 4, 1.5, true);
      for (let offset = 0; offset < 8; offset += 1) {
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        for (const view of [moved.subarray(offset), Buffer.from(moved.buffer, offset)]) {
          expect(readSafetensors(view, 'f').tensors.get('a')?.data).toEqual(Float32Array.of(1.5));
        }
      }
    }
  });

  const hugeLength = new Uint8Array(16).fill(0xff, 0, 8);
  const overLimit = new Uint8Array(8);
  new DataView(overLimit.buffer).setBigUint64(0, 32_000_001n, true);

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'file: found 0 bytes, expected at least 8'],
    [
      'a header of more than 32 MB',
      overLimit,
      'header length: found 32000001 bytes, expected at most 32000000',
    ],
    ['a header length of all ones', hugeLength, 'header length: found 18446744073709551615 bytes'],
    [
      'a header past the end',
      fileOf('{}').subarray(0, 9),
      'header length: found 2 bytes, expected at most the 1',
    ],
    [
      'a header that is not UTF-8',
      fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)),
      'expected a JSON object in UTF-8',
    ],
    ['a byte order mark', fileOf('\uFEFF{}'), 'expected a JSON object in UTF-8'],
    ['a header that is not JSON', fileOf('{"a":}'), 'expected a JSON object in UTF-8'],
    ['an empty header', fileOf(''), 'header length: found 0 bytes, expected at least 2'],
    [
      'a header of too many keys',
      fileOf(`{${Array.from({ length: 70_000 }, (_, i) => `"t${i}":0`).join(',')}}`),
      'found more than 65,536 keys in one object',
    ],
    ['a header of too many values', fileOf(`[${'1,'.repeat(2 ** 21)}1]`), 'found more than 2,097,152 values'],
    ['a header cut in a string', fileOf('{"a'), 'expected a JSON object in UTF-8'],
    ['a header that is an array', fileOf('[1]'), 'header: found [1], expected a JSON object'],
    ['a header that is null', fileOf('null'), 'header: found null, expected a JSON object'],
    ['a tensor given twice', fileOf('{"a":{},"b":{"c":[{"a":1}]},"\\u0061":{}}'), 'the key "a" twice'],
    ['a key in a tensor twice', fileOf('{"a":{"shape":[],"shape" :[1]}}'), 'the key "shape" twice'],
    ['a __proto__ key', fileOf('{"__proto__":{}}'), 'the reserved key "__proto__"'],
    ['a __proto__ key in the metadata', fileOf('{"__metadata__":{"__proto__":"x"}}'), 'the reserved key'],
    ['deep nesting', fileOf('['.repeat(100_000)), 'nesting deeper than 16'],
    [
      'metadata that are no object',
      fileOf('{"__metadata__":"x"}'),
      '__metadata__: found "x", expected an object',
    ],
    [
      'a metadata number',
      fileOf('{"__metadata__":{"k":1}}'),
      '__metadata__, key "k": found 1, expected a string',
    ],
    ['an entry that is no object', fileOfTensors({ a: 3 }, 0), 'tensor "a": found 3, expected an object'],
    ['an unknown key', fileOfTensors({ a: { ...entry(0, 4), x: 1 } }, 4), 'tensor "a": found key "x"'],
    ['a dtype other than F32', fileOfTensors({ a: entry(0, 4, [2], 'F16') }, 4), 'dtype: found "F16"'],
    ['a missing dtype', fileOfTensors({ a: { shape: [], data_offsets: [0, 4] } }, 4), 'dtype: found nothing'],
    ['a shape that is no array', fileOfTensors({ a: entry(0, 4, 1) }, 4), 'tensor "a", shape: found 1'],
    ['a negative extent', fileOfTensors({ a: entry(0, 4, [-1, -1]) }, 4), 'shape: found [-1,-1]'],
    ['a fractional extent', fileOfTensors({ a: entry(0, 4, [1.5]) }, 4), 'shape: found [1.5]'],
    ['an extent as text', fileOfTensors({ a: entry(0, 4, ['1']) }, 4), 'shape: found ["1"]'],
    [
      'an extent past 2^53',
      fileOfTensors({ a: entry(0, 4, [2 ** 53]) }, 4),
      'shape: found [9007199254740992]',
    ],
    ['a product past 2^53', fileOfTensors({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, 4), 'expected a product'],
    ['offsets that are no pair', fileOfTensors({ a: { ...entry(0, 4), data_offsets: [0] } }, 4), 'found [0]'],
    ['descending offsets', fileOfTensors({ a: entry(4, 0, [1]) }, 4), 'data_offsets: found [4,0]'],
    ['negative offsets', fileOfTensors({ a: entry(-4, 0) }, 4), 'data_offsets: found [-4,0]'],
    ['an offset past the end', fileOfTensors({ a: entry(0, 8) }, 4), 'no offset past the 4 data bytes'],
    [
      'offsets that do not fit the shape',
      fileOfTensors({ a: entry(0, 8, [1]) }, 8),
      'found 8 bytes, expected 4',
    ],
    [
      'overlapping tensors',
      fileOfTensors({ a: entry(0, 8), b: entry(4, 12) }, 12),
      'an overlap with the tensor',
    ],
    [
      'the same data for two',
      fileOfTensors({ a: entry(0, 4), b: entry(0, 4) }, 4),
      'tensor "b", data_offsets',
    ],
    [
      'a hole',
      fileOfTensors({ a: entry(0, 4), b: entry(8, 12) }, 12),
      'found a start at 8, a hole before it',
    ],
    ['a hole at the start', fileOfTensors({ a: entry(4, 8) }, 8), 'found a start at 4, a hole'],
    ['trailing bytes', fileOfTensors({ a: entry(0, 4) }, 5), 'tensor data: found 5 bytes, expected 4'],
    ['data without tensors', fileOf('{}', 3), 'tensor data: found 3 bytes, expected 0'],
  ])('refuses %s, naming the file and the fact', (_case, bytes, fact) => {
    const message = refusal(bytes);
    expect(message).toContain('bad.safetensors: ');
    expect(message).toContain(fact);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d, naming tensor and element', (value) => {
    const tensors = [
      { name: 'a', dtype: 'F32' as const, shape: [2], data: Float32Array.of(0, 1) },
      { name: 'b', dtype: 'F32' as const, shape: [3], data: Float32Array.of(0, 1, value) },
    ];
    const message = refusal(writeSafetensors({ tensors, metadata: {} }));
    expect(message).toContain(`tensor "b", element 2: found ${value}, expected a finite number`);
  });

  it('keeps control characters of hostile names out of its messages', () => {
    const message = refusal(fileOfTensors({ '\u009b2J\u007f\n': 1 }, 0));
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(refusal(fileOf('{\u0085}'))).not.toMatch(/\p{Cc}/u);
  });
});
