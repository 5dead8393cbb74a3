/** Reads models and tables for commands. */
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { readTable } from '../data/readTable.ts';
import type { TableChunk } from '../data/readTable.ts';
import type { TableForm } from './tableOptions.ts';
import { DataError, ModelFileError } from '../errors.ts';
import { Ensemble } from '../flow/ensemble.ts';
import type { Density } from '../flow/ensemble.ts';
import { Flow } from '../flow/flow.ts';
import { decodeModel, specTextOf } from '../io/modelFile.ts';
import type { Model, OptimizerState, TrainingRecord } from '../io/modelFile.ts';
import { headerEnd, MAX_HEADER_BYTES, readLayout } from '../io/safetensors.ts';
import { parseMetadataJson, parseSpec } from '../spec/schema.ts';
import { limitsFor } from '../flow/limits.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { TableCodec } from '../table/codec.ts';
import { listedNames } from './commaList.ts';
import type { Session } from './session.ts';

/** A model file that was read and is valid. */
export interface ModelFile {
  file: string;
  bytes: Uint8Array;
  model: Model;
}

/**
 * The flow in a file: a FlowSpec as JSON, or a model file.
 * @throws {ModelFileError} when it is neither
 */
export async function readSpec(file: string): Promise<FlowSpec> {
  const bytes = await readModelBytes(file, requireSpecSize);
  if (isBinary(bytes)) return decodeModel(bytes, file).spec;
  const text = new TextDecoder().decode(bytes);
  return parseSpec(parseMetadataJson(text, 'the spec', file), file);
}

export interface CheckpointFile extends ModelFile {
  model: Model & { training: TrainingRecord; optimizer: OptimizerState };
}

/** @throws {ModelFileError} when the file cannot be read or is not a sound model */
export async function readModel(file: string): Promise<ModelFile> {
  const bytes = await readModelBytes(file);
  return { file, bytes, model: decodeModel(bytes, file) };
}

/** Each of these models. @throws {ModelFileError} like {@link readModel} */
export function readModels(files: readonly string[]): Promise<ModelFile[]> {
  return Promise.all(files.map(readModel));
}

/** @throws {ModelFileError} like {@link readModel}, and when the file is not a checkpoint */
export async function readCheckpoint(file: string): Promise<CheckpointFile> {
  const { bytes, model } = await readModel(file);
  const { training, optimizer } = model;
  if (training === undefined || optimizer === undefined) {
    throw new ModelFileError(
      file,
      `found a model without the optimiser's state, expected a checkpoint`,
      'Give the file that "wgflow train --checkpoint FILE" wrote.',
    );
  }
  return { file, bytes, model: { ...model, training, optimizer } };
}

export async function openFlow(session: Session, { bytes, file, model }: ModelFile): Promise<Flow> {
  const { device } = await session.open(limitsFor(model.spec));
  return Flow.load(bytes, { ...session.tuning, device, fileName: file });
}

/** The density of a model, or the mean of the densities of several, on the GPU. */
export interface OpenDensity extends Disposable {
  /** The flow of the first model. */
  flow: Flow;
  density: Density;
}

/** @throws {ShapeError} when the models have other columns than the first */
export async function openDensity(session: Session, models: readonly ModelFile[]): Promise<OpenDensity> {
  const flows: Flow[] = [];
  const dispose = (): void => flows.forEach((flow) => flow.dispose());
  try {
    for (const model of models) flows.push(await openFlow(session, model));
    const [flow, ...others] = flows;
    if (flow === undefined) throw new RangeError('no model');
    const density = others.length === 0 ? flow : new Ensemble(flows);
    return { flow, density, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** @throws {ModelFileError} when the file cannot be read, or its header shows that it is no model */
async function readModelBytes(file: string, accepts = requireModelHeader): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const stats = await handle.stat();
    if (stats.isFile()) await accepts(handle, stats.size, file);
    return await handle.readFile();
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError(
      file,
      `found ${readProblem(error)}, expected a model file`,
      'Give the path of a file that "wgflow train" wrote.',
    );
  } finally {
    await handle?.close();
  }
}

/** Checks the header alone, so that a large file that is no model is refused before it is read. */
async function requireModelHeader(handle: FileHandle, size: number, file: string): Promise<void> {
  const header = await bytesOf(handle, headerEnd(await bytesOf(handle, Math.min(size, 8)), size, file));
  specTextOf(readLayout(header, size, file), file);
}

async function requireSpecSize(handle: FileHandle, size: number, file: string): Promise<void> {
  if (isBinary(await bytesOf(handle, 8))) return requireModelHeader(handle, size, file);
  if (size <= MAX_HEADER_BYTES) return;
  throw new ModelFileError(
    file,
    `found ${size} bytes of text, expected a spec of at most ${MAX_HEADER_BYTES}`,
  );
}

/** A model file begins with its header length in eight bytes, of which the last are zero; text has no zero bytes. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8).includes(0);
}

/** The first `length` bytes. */
async function bytesOf(handle: FileHandle, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

/** @throws {DataError} when the file cannot be read; `expected` says what it should be */
export async function readTextFile(file: string, expected: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new DataError(`found ${readProblem(error)}, expected ${expected}`, { file });
  }
}

/** The system's reason why a file cannot be read, in words. */
export function readProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return READ_PROBLEMS[code] ?? (error instanceof Error ? error.message : String(error));
}

const READ_PROBLEMS: Record<string, string> = {
  ELOOP: 'links that lead to each other',
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a folder',
  EACCES: 'a file that may not be read',
  EPERM: 'a file that may not be read',
};

/** The names of the model's data columns, or x1…xd if it has none. */
export function columnNames({ spec, training }: Model): string[] {
  return training?.columns ?? numbered('x', spec.dim);
}

/** How the model's table is encoded; undefined if its columns are plain numbers. */
export function codecOf({ training }: Model): TableCodec | undefined {
  return training?.table && new TableCodec(training.table);
}

/** The names of the columns of the data, which samples have too. */
export function dataColumns(model: Model): string[] {
  return model.training?.table?.map(({ name }) => name) ?? columnNames(model);
}

export function latentNames({ spec }: Model): string[] {
  return numbered('z', spec.dim);
}

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}

/**
 * Streams the rows of `file` with the columns in the order of `wanted`. It finds them by name if the file has
 * those columns, or by position if the file has no header or all of `wanted` are numbered names. The columns
 * `text`, always found by name, are passed through.
 * @throws {DataError} if the table has neither these columns nor the same count
 */
export function rowsByName(
  file: string,
  wanted: readonly string[],
  text: readonly string[] = [],
  form: TableForm = {},
): AsyncGenerator<TableChunk> {
  return readTable(file, {
    ...form,
    text,
    columns: (names, hasHeader, all) => {
      const isThere = new Set(all);
      if (wanted.every((name) => isThere.has(name))) return wanted;
      const byPlace = !hasHeader || wanted.every((name, index) => name === `x${index + 1}`);
      if (byPlace && names.length === wanted.length) return names;
      throw new DataError(
        `found the columns ${listedNames(names)}${hasHeader ? '' : ' (numbered, as there is no header)'}, expected ${listedNames(wanted)}`,
        { file },
        byPlace
          ? `Give a table of ${wanted.length} columns.`
          : 'Rename the columns, or remove the header to use their order.',
      );
    },
  });
}

/** Starts the generator up to its first item, so that a bad file is reported before a GPU is opened. */
export async function begun<T>(items: AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const first = await items.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* items;
  })();
}
