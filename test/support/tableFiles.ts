/** Tables in a temporary folder, read by readTable. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { allRows, readTable } from '../../src/data/readTable.ts';
import type { ReadTableOptions } from '../../src/data/readTable.ts';
import { DataError } from '../../src/errors.ts';

let folder = '';
let fileCount = 0;

/** Makes the folder before the tests of a file, and removes it after them. */
export function useTableFolder(): void {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wgflow-table-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
}

/** A file with this content, with a name that says nothing. */
export async function tableFile(content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, `table${fileCount++}`);
  await writeFile(file, content);
  return file;
}

/** The table of a file, and the remarks on it without the file's name. */
export async function readContent(content: string | Uint8Array, options: ReadTableOptions = {}) {
  const file = await tableFile(content);
  const notices: string[] = [];
  const onNotice: ReadTableOptions['onNotice'] = ({ kind, message }) =>
    notices.push(`${kind}: ${message.replace(`${file}: `, '').replace(file, 'FILE')}`);
  const { columns, values, rows, text } = await allRows(readTable(file, { onNotice, ...options }));
  return { columns, values: [...values], rows, cells: text.cells, lines: text.lines, notices };
}

/** The error of a table that is refused; it names the file. */
export async function refusal(
  content: string | Uint8Array,
  options: ReadTableOptions = {},
): Promise<DataError> {
  const file = await tableFile(content);
  const error = await allRows(readTable(file, options)).then(
    () => new Error('the table was read without an error'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw error;
  expect(error.message).toContain(file);
  return error;
}
