/** Reads a model file from a response or a blob, and no further than its header says. */
import { ModelFileError } from '../errors.ts';
import { decodeModel, specTextOf } from './modelFile.ts';
import type { Model } from './modelFile.ts';
import { headerEnd, LENGTH_BYTES, readLayout, sizeFrom } from './safetensors.ts';

export { encodeModel } from './modelFile.ts';

/** The model of bytes, a response or a blob. @throws {ModelFileError} like `decodeModel` and `readModelSource` */
export async function loadModel(
  source: Uint8Array | Response | Blob,
  fileName: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Model> {
  if (source instanceof Uint8Array) return decodeModel(source, fileName);
  const file = fileName ?? (('url' in source && source.url) || 'model');
  return decodeModel(await readModelSource(source, file, signal), file);
}

/**
 * The bytes of the source, up to the first chunk beyond the end of the model.
 * @throws {ModelFileError} when the response is an error or was read already, or the header is not that of a model
 */
async function readModelSource(
  source: Response | Blob,
  file: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const reader = ('ok' in source ? bodyOf(source, file) : source.stream()).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  const readTo = async (end: number): Promise<Uint8Array> => {
    while (length < end) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
    return joinedBytes(parts, length);
  };
  const stop = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    const start = await readTo(LENGTH_BYTES);
    const end = headerEnd(start, length < LENGTH_BYTES ? length : Infinity, file);
    const header = (await readTo(end)).subarray(0, end);
    const size = length < end ? length : sizeFrom(header, file);
    if (length >= end) specTextOf(readLayout(header, size, file), file);
    return await readTo(size + 1);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

function bodyOf(
  { ok, status, statusText, url, body, bodyUsed }: Response,
  file: string,
): ReadableStream<Uint8Array> {
  if (!ok) {
    throw new ModelFileError(
      file,
      `the server answered ${`${status} ${statusText}`.trim()}${url && ` for ${url}`}, expected a model`,
      'Check the address, and that the server may be asked from here.',
    );
  }
  if (body !== null && !bodyUsed) return body;
  const problem = bodyUsed ? 'the response was read already' : 'the response has no body';
  throw new ModelFileError(
    file,
    `${problem}, expected a model`,
    'Give a fresh response, or its arrayBuffer().',
  );
}

function joinedBytes(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let next = 0;
  for (const part of parts) {
    whole.set(part, next);
    next += part.length;
  }
  parts.splice(0, parts.length, whole);
  return whole;
}
