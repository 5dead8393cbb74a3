/** Checks that no output replaces an input file or another output. */
import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import path from 'node:path';
import { ShapeError } from '../errors.ts';

/** A file and its role in messages: `--out`, `the data`. */
export type NamedFile = readonly [what: string, file: string | undefined];

/** @throws {ShapeError} when an output is one of the inputs, or two outputs are the same file */
export function requireDistinctFiles(
  command: string,
  outputs: readonly NamedFile[],
  inputs: readonly NamedFile[] = [],
): void {
  outputs.forEach(([what, file], index) => {
    const other = [...inputs, ...outputs.slice(0, index)].find(([, name]) => isSameFile(file, name));
    if (other === undefined) return;
    throw new ShapeError(
      command,
      `${file} for both ${what} and ${other[0]}`,
      'two files',
      'Name another file.',
    );
  });
}

/** Whether both are, or will be, the same file. Devices and pipes never match: writing destroys nothing. */
function isSameFile(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || a === '-' || b === '-') return false;
  const [first, second] = [a, b].map(statOrUndefined);
  if (first === undefined || second === undefined) return path.resolve(a) === path.resolve(b);
  return first.isFile() && first.dev === second.dev && first.ino === second.ino;
}

/** Undefined if the file cannot be found, for any reason: opening it reports the reason in full. */
function statOrUndefined(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
