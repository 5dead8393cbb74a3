/** Tables of any bytes, in each format. */
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import { readTable } from '../../src/data/readTable.ts';
import type { ReadTableOptions } from '../../src/data/readTable.ts';
import { planFile } from '../../src/cli/tableInput.ts';
import { errorProblem } from './kind.ts';
import type { Kind } from './kind.ts';
import { HOSTILE } from './random.ts';
import type { Random } from './random.ts';

export const CSV = tableKind('csv', csvText);
export const JSON_LINES = tableKind('json', jsonText);
export const NPY = tableKind('npy', npyBytes);
export const PARQUET = tableKind('parquet', parquetBytes, parquetDamaged);

function tableKind(
  name: string,
  make: (random: Random) => Uint8Array,
  damage = (random: Random, bytes: Uint8Array): Uint8Array => random.mutated(bytes),
): Kind {
  let folder: string | undefined;
  return {
    name,
    async run(random) {
      folder ??= mkdtempSync(join(tmpdir(), 'wgflow-fuzz-'));
      const file = join(folder, 'table');
      const made = make(random);
      const damaged = random.chance(0.6) ? damage(random, made) : made;
      writeFileSync(file, random.chance(0.05) ? random.mutated(gzipSync(damaged)) : damaged);
      return (await numbersProblem(random, file)) ?? (await planProblem(random, file));
    },
    end: () => folder !== undefined && rmSync(folder, { recursive: true, force: true }),
  };
}

/** Reads the file as numbers. */
async function numbersProblem(random: Random, file: string): Promise<string | undefined> {
  const options: ReadTableOptions = {
    ...(random.chance(0.2) && { header: random.pick(['yes', 'no', 'auto'] as const) }),
    ...(random.chance(0.1) && { encoding: random.pick(['latin1', 'utf-16le', 'shift_jis', 'x', '']) }),
    ...(random.chance(0.2) && { columns: random.some(['a', 'b', 'x1', ...HOSTILE], 2) }),
    ...(random.chance(0.2) && { text: random.some(['c', 'x2', ...HOSTILE], 2), emptyText: true }),
    ...(random.chance(0.3) && { chunkCells: 1 + random.below(8) }),
  };
  try {
    for await (const { columns, values, rows, text } of readTable(file, options)) {
      if (!values.every(Number.isFinite)) return 'numbers that are not finite were read';
      if (values.length !== rows * columns.length) return `${values.length} values in ${rows} rows`;
      if (text.cells.length > 0 && text.cells.length !== rows)
        return `${text.cells.length} texts in ${rows} rows`;
    }
  } catch (error) {
    return errorProblem(error);
  }
  return undefined;
}

/** Decides what the columns of the file are, and encodes its cells. */
async function planProblem(random: Random, file: string): Promise<string | undefined> {
  const { codec } = await planFile(file, {
    columns: undefined,
    context: [],
    weights: undefined,
    typesFor: () => new Map(),
    missing: random.pick(['model', 'drop', 'error'] as const),
    form: {},
    reading: (parts) => parts as AsyncGenerator<never>,
    signal: new AbortController().signal,
  });
  const cells = codec.columns.map(() => random.pick(HOSTILE));
  const { values, widths } = codec.encode([cells]);
  if (![...values, ...widths].every(Number.isFinite)) return `cells ${JSON.stringify(cells)} are not finite`;
  const back = codec.decode(values);
  return back[0]?.length === cells.length ? undefined : 'a row has another number of cells after decoding';
}

function cellText(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return random.pick(HOSTILE);
    case 1:
      return String(random.below(5));
    case 2:
      return random.pick(['red', 'green', 'blue']);
    case 3:
      return `20${10 + random.below(20)}-0${1 + random.below(9)}-1${random.below(10)}`;
    default:
      return (10 * random.next() - 5).toFixed(random.below(8));
  }
}

/** Rows of cells, most of them alike within a column. */
function rowsOf(random: Random): string[][] {
  const width = 1 + random.below(5);
  const kinds = Array.from({ length: width }, () => random.below(4));
  return Array.from({ length: random.below(40) }, (_, row) =>
    kinds.map((kind) => {
      if (random.chance(0.02)) return cellText(random);
      if (kind === 0) return (10 * random.next()).toFixed(3);
      if (kind === 1) return String(random.below(9));
      return kind === 2 ? random.pick(['red', 'green', '']) : `2020-01-${10 + (row % 20)}`;
    }),
  );
}

function csvText(random: Random): Uint8Array {
  const delimiter = random.pick([',', ',', ';', '\t', '|', ' ']);
  const end = random.pick(['\n', '\n', '\r\n', '\r']);
  const rows = rowsOf(random);
  const names = (rows[0] ?? ['']).map((_, i) => (random.chance(0.1) ? random.pick(HOSTILE) : 'abcde'[i]!));
  const above = random.chance(0.1) ? [`# ${random.pick(HOSTILE)}`] : [];
  const lines = [
    ...above,
    ...(random.chance(0.8) ? [names, ...rows] : rows).map((row) => row.join(delimiter)),
  ];
  const text = lines.join(end) + (random.chance(0.8) ? end : '');
  return Buffer.from(text, random.pick(['utf8', 'utf8', 'utf8', 'latin1', 'utf16le'] as const));
}

function jsonText(random: Random): Uint8Array {
  const rows = rowsOf(random).map((row) =>
    Object.fromEntries(
      row.map((cell, i) => {
        const number = Number(cell);
        const value = random.chance(0.05)
          ? random.pick([null, [], {}, true, 1e300, cell])
          : cell === ''
            ? null
            : Number.isNaN(number)
              ? cell
              : number;
        return [random.chance(0.01) ? random.pick(HOSTILE) : 'abcde'[i]!, value];
      }),
    ),
  );
  return Buffer.from(
    random.chance(0.2) ? JSON.stringify(rows) : rows.map((row) => JSON.stringify(row)).join('\n'),
  );
}

function npyBytes(random: Random): Uint8Array {
  const [rows, columns] = [random.below(30), 1 + random.below(4)];
  const dtype = random.pick([
    '<f8',
    '<f4',
    '>f8',
    '<f2',
    '<i4',
    '<u8',
    '|b1',
    '<i8',
    '|S5',
    '<c16',
    '=f8',
    '',
  ]);
  const shape = random.pick([
    `(${rows}, ${columns})`,
    `(${rows},)`,
    `(${rows}, ${columns}, 1)`,
    '()',
    '(99999999999, 9)',
  ]);
  const order = random.pick(['False', 'True']);
  const header = Buffer.from(`{'descr': '${dtype}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`);
  const lead = Buffer.from([0x93, ...Buffer.from('NUMPY'), random.pick([1, 1, 2, 3, 9]), 0, 0, 0]);
  lead.writeUInt16LE(header.length, 8);
  const data = Buffer.alloc(rows * columns * Number(dtype.slice(2) || 1));
  for (let at = 0; at < data.length; at++) data[at] = random.below(256);
  return Buffer.concat([lead, header, data]);
}

/** The kinds of Parquet columns, with the encodings of each. */
const PARQUET_COLUMNS = [
  { type: 'DOUBLE', encodings: ['PLAIN', 'BYTE_STREAM_SPLIT'], of: (random: Random) => random.next() },
  {
    type: 'INT32',
    encodings: ['PLAIN', 'DELTA_BINARY_PACKED', 'RLE_DICTIONARY'],
    of: (random: Random) => random.below(7),
  },
  {
    type: 'INT64',
    encodings: ['DELTA_BINARY_PACKED'],
    of: (random: Random) => BigInt(random.below(2 ** 31)) ** 2n,
  },
  { type: 'BOOLEAN', encodings: ['PLAIN', 'RLE'], of: (random: Random) => random.chance(0.5) },
  {
    type: 'STRING',
    encodings: ['PLAIN', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'RLE_DICTIONARY'],
    of: (random: Random) => random.pick(['red', 'green', 'greenish', 'é']),
  },
  {
    type: 'TIMESTAMP',
    encodings: ['PLAIN'],
    of: (random: Random) => new Date(1.6e12 + 864e5 * random.below(99)),
  },
] as const;
const PARQUET_CODECS = ['UNCOMPRESSED', 'UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'] as const;
const COMPRESSORS = { GZIP: gzipSync, BROTLI: brotliCompressSync };

function parquetBytes(random: Random): Uint8Array {
  const rows = 1 + random.below(random.chance(0.1) ? 3000 : 40);
  const columnData = Array.from({ length: 1 + random.below(4) }, (_, i) => {
    const { type, encodings, of } = random.pick(PARQUET_COLUMNS);
    const nullable = random.chance(0.5);
    const data = Array.from({ length: rows }, () => (nullable && random.chance(0.1) ? null : of(random)));
    return {
      name: 'abcd'[i]!,
      type,
      nullable,
      data,
      ...(random.chance(0.8) && { encoding: random.pick<ColumnSource['encoding']>(encodings) }),
    };
  });
  const pageSize = rows > 40 ? 2 ** 20 : random.pick([50, 2 ** 20]);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData,
      codec: random.pick(PARQUET_CODECS),
      compressors: COMPRESSORS,
      pageSize,
    }),
  );
}

/** A footer ends with its length in four bytes, and the magic bytes. Its offsets hold if the pages keep their length. */
function parquetDamaged(random: Random, bytes: Uint8Array): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  const [pages, end] = [bytes.subarray(0, bytes.length - 8 - length), bytes.subarray(bytes.length - 8)];
  if (random.chance(0.7)) {
    const damaged = Buffer.alloc(pages.length);
    damaged.set(random.mutated(pages).subarray(0, pages.length));
    return Buffer.concat([damaged, bytes.subarray(pages.length)]);
  }
  const footer = random.mutated(bytes.subarray(pages.length, bytes.length - 8));
  const size = Buffer.from(end);
  if (random.chance(0.8)) size.writeUInt32LE(footer.length, 0);
  return Buffer.concat([pages, footer, size]);
}
