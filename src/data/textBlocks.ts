/** The text of a file as UTF-8 blocks, whatever its compression and encoding. Node only. */
import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { DataError, ShapeError } from '../errors.ts';
import { fileKind } from './fileKinds.ts';
import type { ReaderContext } from './records.ts';
import { binaryText, isMostlyUtf8, mixedText, readAsWindows, utf16Of } from './wholeText.ts';

/**
 * Yields the text of a file in UTF-8, without a byte order mark. Without `encoding`, the byte order mark decides.
 * Bytes that are not UTF-8 are then read as Windows-1252, with a warning.
 *
 * @throws {DataError} for damaged gzip data, NUL bytes, or text that mixes encodings
 * @throws {ShapeError} for an unknown encoding
 */
export async function* textBlocks(
  path: string,
  isGzip: boolean,
  context: ReaderContext,
): AsyncGenerator<Buffer> {
  let decoder: Decoder | undefined;
  for await (const block of bytesOf(path, isGzip, context.file)) {
    if (decoder === undefined) {
      if (isGzip) requireUnpackedText(context.file, block);
      decoder = decoderFor(block, context);
    }
    const text = decoder.decode(block);
    if (text.length > 0) yield requireText(context.file, text);
  }
  const last = decoder?.end();
  if (last !== undefined && last.length > 0) yield requireText(context.file, last);
}

interface Decoder {
  decode: (block: Buffer) => Buffer;
  end: () => Buffer;
}

async function* bytesOf(path: string, isGzip: boolean, file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path);
  if (!isGzip) {
    yield* source as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    const problem = code === 'Z_BUF_ERROR' ? 'that ends too early' : 'with damaged data';
    throw new DataError(`found a gzip file ${problem}`, { file }, 'Copy or download it again.');
  } finally {
    gunzip.destroy();
    source.destroy();
  }
}

/** @throws {DataError} if a gzip file holds another format than text */
function requireUnpackedText(file: string, start: Uint8Array): void {
  if (fileKind(file, start) === 'text') return;
  throw new DataError('found a packed file of a binary format', { file }, 'Unpack it first.');
}

function decoderFor(start: Buffer, { file, encoding, notify }: ReaderContext): Decoder {
  if (encoding !== undefined) return namedDecoder(encoding, file);
  const wide = utf16Of(start);
  return wide === undefined ? new Utf8Decoder(file, notify) : namedDecoder(wide, file);
}

/** @throws {ShapeError} for an unknown encoding */
export function requireEncoding(encoding: string): void {
  fatalDecoder(encoding);
}

function fatalDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new ShapeError(
      'encoding',
      encoding,
      'a name such as utf-8, utf-16le, windows-1252 or shift_jis',
      'The names are those of the Encoding Standard.',
    );
  }
}

function namedDecoder(encoding: string, file: string): Decoder {
  const decoder = fatalDecoder(encoding);
  const decoded = (block?: Buffer): Buffer => {
    try {
      return Buffer.from(decoder.decode(block, { stream: block !== undefined }));
    } catch {
      throw new DataError(
        `found bytes that are not ${decoder.encoding} text`,
        { file },
        'Name the encoding of the file by --encoding.',
      );
    }
  };
  return { decode: decoded, end: () => decoded() };
}

/** Passes UTF-8 through, and reads other bytes as Windows-1252 if only ASCII came before. */
class Utf8Decoder implements Decoder {
  readonly #file: string;
  readonly #notify: ReaderContext['notify'];
  /** An unfinished character at the end of the last block. */
  #rest: Buffer = Buffer.alloc(0);
  #isStart = true;
  #isAscii = true;
  #fallback: Decoder | undefined;

  constructor(file: string, notify: ReaderContext['notify']) {
    this.#file = file;
    this.#notify = notify;
  }

  decode(block: Buffer): Buffer {
    if (this.#fallback !== undefined) return this.#fallback.decode(block);
    let text = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block]);
    if (this.#isStart) {
      if (text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf) text = text.subarray(3);
      this.#isStart = false;
    }
    const end = wholeCharacters(text);
    this.#rest = text.subarray(end);
    return this.#checked(text.subarray(0, end));
  }

  end(): Buffer {
    if (this.#fallback !== undefined) return this.#fallback.end();
    return this.#checked(this.#rest);
  }

  #checked(text: Buffer): Buffer {
    if (isUtf8(text)) {
      this.#isAscii &&= isAscii(text);
      return text;
    }
    if (!this.#isAscii || isMostlyUtf8(text.toString('utf8'))) throw mixedText(this.#file);
    this.#notify(readAsWindows(this.#file));
    this.#fallback = namedDecoder('windows-1252', this.#file);
    const whole = Buffer.concat([text, this.#rest]);
    this.#rest = Buffer.alloc(0);
    return this.#fallback.decode(whole);
  }
}

/** Where an unfinished UTF-8 character at the end begins; the length if there is none. */
function wholeCharacters(text: Buffer): number {
  for (let back = 1; back <= 3 && back <= text.length; back++) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? text.length - back : text.length;
    }
  }
  return text.length;
}

function requireText(file: string, text: Buffer): Buffer {
  if (!text.includes(0)) return text;
  throw binaryText(file);
}

/** The blocks of a text, whose beginning can be looked at before they are read. */
export class TextSource {
  readonly #blocks: AsyncGenerator<Buffer>;
  #head: Buffer = Buffer.alloc(0);
  #isWhole = false;

  constructor(blocks: AsyncGenerator<Buffer>) {
    this.#blocks = blocks;
  }

  /** The first `size` bytes or more, or the whole text if it is shorter. */
  async head(size: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
    const parts = [this.#head];
    let length = this.#head.length;
    while (length < size && !this.#isWhole) {
      const { done, value } = await this.#blocks.next();
      if (done === true) this.#isWhole = true;
      else {
        parts.push(value);
        length += value.length;
      }
    }
    this.#head = Buffer.concat(parts);
    return { bytes: this.#head, isWhole: this.#isWhole };
  }

  /** All blocks, the head first. */
  async *blocks(): AsyncGenerator<Buffer> {
    try {
      yield this.#head;
      yield* this.#blocks;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined);
  }
}
