/**
 * Output files that appear complete or not at all: everything is written next to the target under a temporary
 * name, and renamed to the target once it is complete and on the disk.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { DataError, OutputError, ShapeError } from '../errors.ts';
import { requireStandardOutput } from './standardOutput.ts';

/** A file being written. `commit` or `discard` ends it; later calls of either have no effect. */
export interface Output {
  /** Appends; await each call before the next. @throws {DataError} if the disk is full or the file is lost */
  write(data: string | Uint8Array): Promise<void>;
  /** Makes the file appear under its name. @throws {DataError} if it cannot; no temporary file remains */
  commit(): Promise<void>;
  /** Removes the output; the previous file stays. */
  discard(): Promise<void>;
  /** Whether it was committed or discarded. */
  readonly isEnded: boolean;
}

/** Several files of one folder being written; `write` takes the file name first. */
export interface OutputFolder {
  write(name: string, data: string | Uint8Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Opens a file for writing; until `commit` it exists only as `.NAME.PID.tmp` in the same folder. `-` is
 * standard output. Devices and pipes are written directly, and like standard output they cannot be rolled
 * back. If a reader closes its pipe early, the error is Node's with code `EPIPE`.
 *
 * @throws {DataError} with the file: its folder is missing, it is a folder, it may not be written
 * @throws {OutputError} if it is standard output, and that is closed
 */
export async function openOutput(file: string): Promise<Output> {
  if (file === '-') return standardOutput();
  const existing = await statOrUndefined(file);
  if (existing?.isDirectory() || file === '' || file.endsWith('/') || file.endsWith(path.sep)) {
    const found = file === '' ? 'an empty name' : 'a folder';
    throw new DataError(`found ${found}, expected a file to write to`, { file }, 'Name a file inside it.');
  }
  if (existing && !existing.isFile()) return directOutput(file);
  // A rename onto a symbolic link would replace the link, not its target.
  const target = existing ? await realpath(file) : path.resolve(file);
  const temporary = path.join(path.dirname(target), temporaryName(target));
  if (pending.has(temporary)) {
    throw new DataError('found this file open for writing already, expected one writer', { file });
  }
  const handle = await reporting(file, async () => {
    await removeStale(target);
    return open(temporary, 'wx');
  });
  track(temporary);
  const output = new PendingFile(file, handle, temporary, target);
  if (existing) await output.copyMode(existing.mode);
  return output;
}

/**
 * Opens a folder of files for writing. They are written into `.NAME.PID.tmp` next to the folder. A new folder
 * appears in one step. In an existing folder the files are renamed into place one by one, each complete, and
 * other files there stay.
 *
 * @param names plain file names
 * @throws {DataError} with the file: the parent folder is missing, the folder's or a file's name is taken by
 * something else, it may not be written
 */
export async function openOutputFolder(folder: string, names: readonly string[]): Promise<OutputFolder> {
  for (const name of names) {
    if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
      throw new ShapeError('names', JSON.stringify(name), 'a plain file name');
    }
  }
  const existing = await statOrUndefined(folder);
  if (existing && !existing.isDirectory()) {
    throw new DataError(
      'found a file, expected a folder to write to',
      { file: folder },
      'Choose another name or remove it.',
    );
  }
  for (const name of names) {
    const file = path.join(folder, name);
    if ((await statOrUndefined(file))?.isDirectory()) {
      throw new DataError('found a folder where a file is to be written', { file }, 'Choose another folder.');
    }
  }
  const target = existing ? await realpath(folder) : path.resolve(folder);
  const temporary = path.join(path.dirname(target), temporaryName(target));
  if (pending.has(temporary)) {
    throw new DataError('found this folder open for writing already, expected one writer', { file: folder });
  }
  const handles = new Map<string, FileHandle>();
  const output = new PendingFolder(folder, handles, temporary, target, existing !== undefined);
  try {
    await reporting(folder, async () => {
      await removeStale(target);
      await mkdir(temporary);
      track(temporary);
      for (const name of names) handles.set(name, await open(path.join(temporary, name), 'wx'));
    });
  } catch (error) {
    await output.discard();
    throw error;
  }
  return output;
}

/**
 * Removes every temporary file and folder at once, synchronously: for signal handlers. It also runs
 * automatically when the process exits. Open outputs cannot be committed afterwards.
 */
export function discardAllOutputs(): void {
  for (const temporary of pending) rmSync(temporary, { force: true, recursive: true });
  pending.clear();
}

/** Temporary paths that exist now. */
const pending = new Set<string>();

function track(temporary: string): void {
  if (!process.listeners('exit').includes(discardAllOutputs)) process.on('exit', discardAllOutputs);
  pending.add(temporary);
}

class PendingFile implements Output {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #target: string;
  #ended = false;

  constructor(file: string, handle: FileHandle, temporary: string, target: string) {
    this.#file = file;
    this.#handle = handle;
    this.#temporary = temporary;
    this.#target = target;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  async copyMode(mode: number): Promise<void> {
    await this.#handle.chmod(mode & 0o777);
  }

  async write(data: string | Uint8Array): Promise<void> {
    requireOpen(this.#ended, this.#file);
    await reporting(this.#file, () => this.#handle.writeFile(data));
  }

  async commit(): Promise<void> {
    if (this.#ended) return;
    requirePending(this.#temporary, this.#file);
    try {
      await reporting(this.#file, async () => {
        await this.#handle.sync();
        await this.#handle.close();
        await rename(this.#temporary, this.#target);
      });
      this.#ended = true;
      pending.delete(this.#temporary);
    } catch (error) {
      await this.discard();
      throw error;
    }
    await syncFolder(path.dirname(this.#target));
  }

  async discard(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await closeQuietly(this.#handle);
    await rm(this.#temporary, { force: true });
    pending.delete(this.#temporary);
  }
}

class PendingFolder implements OutputFolder {
  readonly #folder: string;
  readonly #handles: Map<string, FileHandle>;
  readonly #temporary: string;
  readonly #target: string;
  readonly #existed: boolean;
  #ended = false;

  constructor(
    folder: string,
    handles: Map<string, FileHandle>,
    temporary: string,
    target: string,
    existed: boolean,
  ) {
    this.#folder = folder;
    this.#handles = handles;
    this.#temporary = temporary;
    this.#target = target;
    this.#existed = existed;
  }

  async write(name: string, data: string | Uint8Array): Promise<void> {
    const file = path.join(this.#folder, name);
    requireOpen(this.#ended, file);
    const handle = this.#handles.get(name);
    if (!handle) throw new ShapeError('name', name, `one of ${[...this.#handles.keys()].join(', ')}`);
    await reporting(file, () => handle.writeFile(data));
  }

  async commit(): Promise<void> {
    if (this.#ended) return;
    requirePending(this.#temporary, this.#folder);
    try {
      await reporting(this.#folder, async () => {
        for (const handle of this.#handles.values()) {
          await handle.sync();
          await handle.close();
        }
        if (!this.#existed) return rename(this.#temporary, this.#target);
        for (const name of this.#handles.keys()) {
          await rename(path.join(this.#temporary, name), path.join(this.#target, name));
        }
      });
      await syncFolder(this.#existed ? this.#target : path.dirname(this.#target));
    } finally {
      // After a commit this removes only the empty temporary folder, if it exists.
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    for (const handle of this.#handles.values()) await closeQuietly(handle);
    await rm(this.#temporary, { force: true, recursive: true });
    pending.delete(this.#temporary);
  }
}

function standardOutput(): Output {
  requireStandardOutput();
  const { stdout } = process;
  // The write callback reports the same error; without a listener a closed pipe would end the process.
  if (!stdout.listeners('error').includes(ignore)) stdout.on('error', ignore);
  let isEnded = false;
  return {
    write: (data) =>
      new Promise((resolve, reject) => {
        stdout.write(data, (error) => (error ? reject(error) : resolve()));
      }),
    commit: async () => {
      isEnded = true;
    },
    discard: async () => {},
    get isEnded() {
      return isEnded;
    },
  };
}

async function directOutput(file: string): Promise<Output> {
  const handle = await reporting(file, () => open(file, 'w'));
  let isEnded = false;
  return {
    write: (data) => reporting(file, () => handle.writeFile(data)),
    commit: async () => {
      isEnded = true;
      await handle.close();
    },
    discard: () => closeQuietly(handle),
    get isEnded() {
      return isEnded;
    },
  };
}

function ignore(): void {}

/** Bytes of a file name up to which the temporary name fits too: most file systems allow 255. */
const MAX_NAME_BYTES = 235;

function temporaryName(target: string): string {
  return `${temporaryStem(target)}${process.pid}.tmp`;
}

/** The name, or for a long one its hash, so that the temporary name fits. */
function temporaryStem(target: string): string {
  const name = path.basename(target);
  const isLong = Buffer.byteLength(name) > MAX_NAME_BYTES;
  return `.${isLong ? createHash('sha256').update(name).digest('hex') : name}.`;
}

/** Removes the temporary files of this target that killed processes left behind. */
async function removeStale(target: string): Promise<void> {
  const folder = path.dirname(target);
  const stem = temporaryStem(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(stem)) continue;
    const id = /^(\d+)\.tmp$/.exec(name.slice(stem.length))?.[1];
    if (id !== undefined && !isRunning(Number(id))) {
      await rm(path.join(folder, name), { force: true, recursive: true });
    }
  }
}

/** Whether another process has this id. */
function isRunning(id: number): boolean {
  if (id === process.pid) return false;
  try {
    return process.kill(id, 0);
  } catch (error) {
    // A process of another user may not be signalled.
    return codeOf(error) === 'EPERM';
  }
}

function requireOpen(ended: boolean, file: string): void {
  if (ended) throw new DataError('found this output committed or discarded, expected it open', { file });
}

function requirePending(temporary: string, file: string): void {
  if (!pending.has(temporary)) {
    throw new DataError('the output was discarded, so nothing was written', { file }, 'Run again.');
  }
}

async function closeQuietly(handle: FileHandle): Promise<void> {
  // Errors are ignored: the file is already closed, or is being discarded.
  await handle.close().catch(ignore);
}

/** Makes a rename durable by syncing its folder; some systems cannot open a folder, and then it may be lost. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(ignore);
  await handle?.sync().catch(ignore);
  await handle?.close();
}

async function statOrUndefined(file: string) {
  return reporting(file, async () => {
    try {
      return await stat(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** Runs a file operation and turns the system's error into a sentence about `file`. */
export async function reporting<T>(file: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const code = codeOf(error) ?? '';
    const failure = FAILURES[code];
    if (failure !== undefined) throw new OutputError(file, ...failure);
    const [problem, advice] = PROBLEMS[code] ?? [];
    if (problem === undefined) throw error;
    throw new DataError(problem, { file }, advice);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Failures that can occur with a valid file name. */
const FAILURES: Record<string, [problem: string, advice: string]> = {
  ENOSPC: ['the disk is full, nothing was written', 'Free some space and run again.'],
  EDQUOT: ['the disk quota is used up, nothing was written', 'Free some space and run again.'],
  EIO: ['the disk reports an error, nothing was written', 'Check the disk and run again.'],
};

const PROBLEMS: Record<string, [problem: string, advice: string]> = {
  ENOENT: ['found no folder to write into', 'Create the folder first.'],
  ENOTDIR: ['found a file where a folder should be', 'Check the path.'],
  EISDIR: ['found a folder in the place of the output', 'Remove it or choose another name.'],
  EACCES: ['found no permission to write here', 'Choose another place.'],
  EPERM: ['found no permission to write here', 'Choose another place.'],
  EROFS: ['found a read-only file system', 'Choose another place.'],
  ELOOP: ['found links that lead to each other', 'Check the path.'],
  ENAMETOOLONG: ['found a name too long for this file system', 'Choose a shorter name.'],
};
