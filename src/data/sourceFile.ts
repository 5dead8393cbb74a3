/** Opens the file of a table; standard input and pipes are copied to a temporary file first. Node only. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { DataError } from '../errors.ts';
import type { ByteSource } from './byteSource.ts';

/** The name that stands for standard input on the command line. */
export const STANDARD_INPUT = '-';

/** A table's bytes as a regular file. */
export interface SourceFile {
  /** The file's name in messages. */
  name: string;
  path: string;
}

/** Each pipe can be read once only, so its copy serves every later read. */
const copies = new Map<string, Promise<string>>();
/** The folders of the copies. */
const folders = new Set<string>();

/** Removes the copies of pipes, as the end of the process does. */
export function removeCopies(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
  copies.clear();
}

/** The name of a table in messages. */
export function sourceName(source: string): string {
  return source === STANDARD_INPUT ? 'standard input' : source;
}

/**
 * A regular file with the bytes of `source`: a path, or `-` for standard input. A pipe is copied to a temporary file,
 * which is removed when the process exits, so that a table can be read twice.
 */
export async function sourceFile(source: string): Promise<SourceFile> {
  const name = sourceName(source);
  if (source === STANDARD_INPUT) return { name, path: await copied(source, () => process.stdin) };
  const found = await stat(source);
  if (found.isFile() || found.isDirectory()) return { name, path: source };
  return { name, path: await copied(source, () => createReadStream(source)) };
}

/** The first bytes of a file, fewer if the file is shorter. */
export async function firstBytes(file: string, count: number): Promise<Uint8Array> {
  return new Uint8Array(await bytesAt(file, 0, count));
}

/** The bytes of a regular file. */
export async function fileBytes(file: string): Promise<ByteSource> {
  const { size } = await stat(file);
  return {
    byteLength: size,
    slice: (start, end = size) => bytesAt(file, start, Math.min(end, size) - start),
  };
}

/** `count` bytes from `position`, fewer at the end of the file. */
async function bytesAt(file: string, position: number, count: number): Promise<ArrayBuffer> {
  const handle = await open(file);
  try {
    const bytes = new Uint8Array(Math.max(count, 0));
    let filled = 0;
    while (filled < count) {
      const { bytesRead } = await handle.read(bytes, filled, count - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.buffer.slice(0, filled);
  } finally {
    await handle.close();
  }
}

function copied(source: string, open: () => Readable): Promise<string> {
  const known = copies.get(source);
  if (known !== undefined) return known;
  const copy = copyOf(open());
  copies.set(source, copy);
  return copy;
}

async function copyOf(stream: Readable): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wgflow-input-'));
  if (folders.size === 0) process.once('exit', removeCopies);
  folders.add(folder);
  const file = path.join(folder, 'table');
  await pipeline(stream, createWriteStream(file, { mode: 0o600 }));
  return file;
}

/** Turns an error of the file system into a sentence about the file; returns other errors unchanged. */
export function fileError(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new DataError('found no such file, expected a table', { file }, 'Check the path.');
    case 'ELOOP':
      return new DataError(
        'found links that lead to each other, expected a table',
        { file },
        'Check the path.',
      );
    case 'ENAMETOOLONG':
      return new DataError('found a name too long for a file, expected a table', { file }, 'Check the path.');
    case 'EISDIR':
      return new DataError('found a folder, expected a table', { file }, 'Give one file inside it.');
    case 'EACCES':
    case 'EPERM':
      return new DataError('found no permission to read the file', { file }, 'Check its permissions.');
    case 'ENOSPC':
      return new DataError(
        'found no space in the temporary folder for a copy of the input',
        { file },
        'Free some space, set TMPDIR, or give the table as a file.',
      );
    default:
      return error;
  }
}
