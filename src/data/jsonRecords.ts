/** Records of JSON: one object a line, or a small array of objects. Node only. */
import { Buffer } from 'node:buffer';
import { DataError } from '../errors.ts';
import { cellsOf, KEY_RECORDS, newKey, notATable, parsed, requireKeys } from './jsonCells.ts';
import type { JsonObject } from './jsonCells.ts';
import { batchRecords } from './records.ts';
import type { ReaderContext, RecordBatch, RecordSource } from './records.ts';
import type { TextSource } from './textBlocks.ts';

const MAX_ARRAY_BYTES = 64 * 2 ** 20;
const MAX_LINE_BYTES = 16 * 2 ** 20;

/**
 * The records of JSON objects. The columns are the keys of the first thousand objects. A key that is absent, or null,
 * is an empty cell.
 * @throws {DataError} for broken JSON, a nested value, or a key that is new after these objects
 */
export async function jsonRecords(text: TextSource, { file }: ReaderContext): Promise<RecordSource> {
  const { bytes } = await text.head(1);
  const isArray = bytes.toString('utf8').trimStart().startsWith('[');
  const objects = isArray ? objectsOfArray(text, file) : objectsOfLines(text, file);
  const first: JsonObject[] = [];
  const names = new Set<string>();
  for (let next; first.length < KEY_RECORDS && (next = await objects.next()).done !== true;) {
    first.push(next.value);
    for (const name of next.value.cells.keys()) names.add(name);
    requireKeys(names.size, file, next.value.row);
  }
  const columns = [...names];
  return {
    columns: { kind: 'named', names: columns.map((name) => name.trim()) },
    batches: batchesOf(first, objects, columns, file),
  };
}

async function* batchesOf(
  first: readonly JsonObject[],
  rest: AsyncGenerator<JsonObject>,
  columns: readonly string[],
  file: string,
): AsyncGenerator<RecordBatch> {
  const known = new Set(columns);
  const step = batchRecords(columns.length);
  let batch: RecordBatch = { records: [], lines: [] };
  try {
    for await (const { cells, row } of withFirst(first, rest)) {
      for (const name of cells.keys()) if (!known.has(name)) throw newKey(file, name, row);
      batch.records.push(columns.map((name) => cells.get(name) ?? ''));
      batch.lines.push(row);
      if (batch.records.length < step) continue;
      yield batch;
      batch = { records: [], lines: [] };
    }
    if (batch.records.length > 0) yield batch;
  } finally {
    await rest.return(undefined);
  }
}

async function* withFirst(
  first: readonly JsonObject[],
  rest: AsyncGenerator<JsonObject>,
): AsyncGenerator<JsonObject> {
  yield* first;
  yield* rest;
}

async function* objectsOfLines(text: TextSource, file: string): AsyncGenerator<JsonObject> {
  let row = 0;
  for await (const line of linesOf(text, file)) {
    row++;
    const trimmed = line.trim();
    if (trimmed !== '') yield { cells: cellsOf(parsed(trimmed, file, row), file, row), row };
  }
}

async function* objectsOfArray(text: TextSource, file: string): AsyncGenerator<JsonObject> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const block of text.blocks()) {
    parts.push(block);
    length += block.length;
    if (length <= MAX_ARRAY_BYTES) continue;
    throw new DataError(
      `found a JSON array of more than ${MAX_ARRAY_BYTES / 2 ** 20} MiB, expected one object on each line`,
      { file },
      "Convert it by jq -c '.[]'.",
    );
  }
  const array = parsed(Buffer.concat(parts).toString('utf8'), file, undefined);
  if (!Array.isArray(array)) throw notATable(file, undefined, array);
  for (const [at, value] of array.entries()) yield { cells: cellsOf(value, file, at + 1), row: at + 1 };
}

async function* linesOf(text: TextSource, file: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const block of text.blocks()) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    const end = bytes.lastIndexOf(10);
    rest = Buffer.from(bytes.subarray(end + 1));
    if (rest.length > MAX_LINE_BYTES) {
      throw new DataError(
        `found a line of more than ${MAX_LINE_BYTES / 2 ** 20} MiB, expected one object on each line`,
        { file },
      );
    }
    if (end >= 0) yield* bytes.subarray(0, end).toString('utf8').split('\n');
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
