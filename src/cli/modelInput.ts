/** Models and tables as commands read them. */
import { readFile } from 'node:fs/promises';
import { readCsv } from '../data/csv.ts';
import type { TableChunk } from '../data/csv.ts';
import { DataError, ModelFileError } from '../errors.ts';
import { Flow } from '../flow.ts';
import { decodeModel } from '../io/modelFile.ts';
import type { Model } from '../io/modelFile.ts';
import type { Session } from './session.ts';

/** @throws {ModelFileError} when the file cannot be read or is not a sound model */
export async function readModel(file: string): Promise<Model> {
  return decodeModel(await readModelBytes(file), file);
}

/** Checks the model, then opens the device: a bad file is told before any GPU is asked for. */
export async function openFlow(session: Session, file: string): Promise<Flow> {
  const bytes = await readModelBytes(file);
  decodeModel(bytes, file);
  const { device } = await session.open();
  return Flow.load(bytes, { device, fileName: file });
}

async function readModelBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelFileError(
      file,
      `cannot be read (${reason})`,
      'Give the path of a file that "wgflow train" wrote.',
    );
  }
}

/** The names of the model's data columns, x1…xd where it does not know them. */
export function columnNames({ dim }: { dim: number }, columns: readonly string[] | undefined): string[] {
  return columns === undefined ? Array.from({ length: dim }, (_, i) => `x${i + 1}`) : [...columns];
}

/**
 * The rows of `file` in the order the model wants them, chunk by chunk: by name where the table has all of
 * `columns`, else by place.
 * @throws {DataError} when the table has neither the columns nor as many as the model
 */
export async function* modelRows(
  file: string,
  dim: number,
  columns: readonly string[] | undefined,
): AsyncGenerator<TableChunk> {
  const first = await readCsv(file, { chunkRows: 1 }).next();
  const found = first.done === true ? [] : first.value.columns;
  if (columns !== undefined && columns.every((name) => found.includes(name))) {
    yield* readCsv(file, { columns });
    return;
  }
  if (found.length !== dim) {
    throw new DataError(
      `found ${found.length} columns (${found.join(', ')}), expected ${dim}${columns === undefined ? '' : ` (${columns.join(', ')})`}`,
      { file },
      'Give the columns that the model was trained on.',
    );
  }
  yield* readCsv(file);
}
