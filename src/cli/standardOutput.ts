/** Standard output that was closed, as by `>&-` in a shell. */
import { fstatSync, readFileSync, statSync } from 'node:fs';
import { OutputError } from '../errors.ts';

/** @throws {OutputError} if standard output is closed, so that a result would be lost */
export function requireStandardOutput(): void {
  if (!isClosed()) return;
  throw new OutputError(
    'standard output',
    'it is closed, so the result would be lost',
    'Send it to a file or a program, or give --out FILE if the command has it.',
  );
}

/** Access modes in the flags of an open file. */
const ACCESS = 0o3;
const READ_AND_WRITE = 0o2;

/**
 * Node opens /dev/null in place of a closed standard output, for reading and writing. A shell that redirects to
 * /dev/null opens it only for writing. Only Linux tells how a file was opened.
 */
function isClosed(): boolean {
  try {
    if (fstatSync(1).rdev !== statSync('/dev/null').rdev) return false;
    const [, flags = ''] = /^flags:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/fdinfo/1', 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & ACCESS) === READ_AND_WRITE;
  } catch {
    return false;
  }
}
