/** Images in files: IDX, also as .gz, .npy, a PNG or a folder of them. Node only. */
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import { DataError } from '../../errors.ts';
import { arrayOf } from '../arrays/arrayRecords.ts';
import type { ArrayKind } from '../arrays/arrayRecords.ts';
import type { ByteSource } from '../byteSource.ts';
import { fileKind, KIND_BYTES } from '../fileKinds.ts';
import type { FileKind } from '../fileKinds.ts';
import { fileBytes, fileError, firstBytes, sourceFile } from '../sourceFile.ts';
import { imagesOfArray, isImageArray } from './imageArray.ts';
import type { Images } from './images.ts';

/** A file as its format shows it, unpacked if it is a packed array. */
export interface OpenedFile {
  kind: FileKind | 'folder';
  name: string;
  path: string;
  bytes: () => Promise<ByteSource>;
}

/** @throws {DataError} if the file is of a format that cannot be read */
export async function openedFile(source: string): Promise<OpenedFile> {
  const { name, path } = await sourceFile(source);
  if ((await stat(path)).isDirectory()) return { kind: 'folder', name, path, bytes: () => fileBytes(path) };
  const kind = fileKind(name, await firstBytes(path, KIND_BYTES));
  if (kind !== 'gzip') return { kind, name, path, bytes: () => fileBytes(path) };
  const start = await unpackedStart(path);
  const packed = start === undefined ? 'text' : fileKind(name, start);
  // Text is unpacked as a stream, which also tells what is wrong with a damaged file.
  if (packed !== 'idx' && packed !== 'npy') return { kind, name, path, bytes: () => fileBytes(path) };
  return { kind: packed, name, path, bytes: () => unpacked(path, name) };
}

/** The images of a file that has some; undefined for a table. @throws {DataError} if they are damaged */
export async function imagesOf({ kind, name, path, bytes }: OpenedFile): Promise<Images | undefined> {
  // The package for PNG takes a while to load.
  if (kind === 'folder') return (await import('./imageFolder.ts')).imagesInFolder(path);
  if (kind === 'png') return (await import('./png.ts')).imageOfPng(await readFile(path), name);
  if (!isArrayKind(kind)) return undefined;
  const source = await bytes();
  const array = await arrayOf(kind, source, name);
  return isImageArray(array) ? imagesOfArray(source, array, name) : undefined;
}

/**
 * The images of a file or folder; undefined if it has a table, or is missing.
 * @throws {DataError} if they are damaged or of several sizes
 */
export async function readImages(source: string): Promise<Images | undefined> {
  try {
    return await imagesOf(await openedFile(source));
  } catch (error) {
    throw fileError(source, error);
  }
}

export function isArrayKind(kind: OpenedFile['kind']): kind is ArrayKind {
  return kind === 'npy' || kind === 'idx';
}

/** Packed bytes that hold more than `KIND_BYTES` unpacked ones. */
const START_BYTES = 4096;

async function unpackedStart(path: string): Promise<Uint8Array | undefined> {
  try {
    // The file goes on after this part.
    const part = await promisify(gunzip)(await firstBytes(path, START_BYTES), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    return part.subarray(0, KIND_BYTES);
  } catch {
    return undefined;
  }
}

async function unpacked(path: string, name: string): Promise<ByteSource> {
  const all = await promisify(gunzip)(await readFile(path)).catch((error: unknown) => {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `found a damaged gzip file: ${problem}`,
      { file: name },
      'Copy or download it again.',
    );
  });
  const { buffer, byteOffset, byteLength } = all;
  return {
    byteLength,
    slice: async (start, end = byteLength) =>
      Promise.resolve(buffer.slice(byteOffset + start, byteOffset + Math.min(end, byteLength))),
  };
}
