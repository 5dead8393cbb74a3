/** The text of a file that is in memory, and the remarks on encodings that every reader makes. */
import { DataError } from '../errors.ts';
import type { ReaderContext, TableNotice } from './records.ts';

/**
 * The bytes as text, without a byte order mark, which decides between UTF-8 and UTF-16. Bytes that are not UTF-8 are
 * read as Windows-1252, with a warning.
 * @throws {DataError} for NUL bytes, or text that mixes encodings
 */
export function wholeText(bytes: Uint8Array, { file, notify }: ReaderContext): string {
  const text = decoded(bytes, file, notify);
  if (text.includes('\0')) throw binaryText(file);
  return text;
}

function decoded(bytes: Uint8Array, file: string, notify: ReaderContext['notify']): string {
  const wide = utf16Of(bytes);
  try {
    return new TextDecoder(wide ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    if (wide !== undefined || isMostlyUtf8(new TextDecoder().decode(bytes))) throw mixedText(file);
    notify(readAsWindows(file));
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The encoding that a byte order mark names, if it is UTF-16. */
export function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** Whether more characters are sound UTF-8 beyond ASCII than are broken. */
export function isMostlyUtf8(text: string): boolean {
  let sound = 0;
  let broken = 0;
  for (const character of text.match(/[^\0-\x7f]/gu) ?? []) {
    if (character === '\ufffd') broken++;
    else sound++;
  }
  return sound > broken;
}

export function mixedText(file: string): DataError {
  return new DataError(
    'found bytes that are not UTF-8 in a file of UTF-8 text',
    { file },
    'Repair the file, or name its encoding by --encoding.',
  );
}

export function readAsWindows(file: string): TableNotice {
  return {
    kind: 'warning',
    message: `${file} is not UTF-8 text and was read as Windows-1252; --encoding names another encoding`,
  };
}

export function binaryText(file: string): DataError {
  return new DataError(
    'found binary data (NUL bytes), expected text',
    { file },
    'Give a text file with one row per line; UTF-16 without a byte order mark needs --encoding utf-16le.',
  );
}
