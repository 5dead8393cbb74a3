/** Plain data with typed arrays as the bytes of a file: a SHA-256 sum, then JSON, then the arrays. */

const ARRAYS = { Float32Array, Float64Array, Uint8Array };
/** Bytes of the sum, and of the length of the JSON after it. */
const SUM = 32;
const LENGTH = 4;

/** What JSON lacks: an array of that many bytes, or a number that is not finite. */
type Mark = { $array: keyof typeof ARRAYS; bytes: number } | { $number: string };

export async function packed(value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const arrays: Uint8Array[] = [];
  const json = JSON.stringify(value, (_, field: unknown): unknown => {
    if (typeof field === 'number' && !Number.isFinite(field)) return { $number: String(field) };
    if (!ArrayBuffer.isView(field)) return field;
    const { buffer, byteOffset, byteLength: bytes } = field;
    arrays.push(new Uint8Array(buffer, byteOffset, bytes));
    return { $array: field.constructor.name, bytes };
  });
  const text = new TextEncoder().encode(json);
  const size = arrays.reduce((sum, { length }) => sum + length, SUM + LENGTH + text.length);
  const file = new Uint8Array(size);
  new DataView(file.buffer).setUint32(SUM, text.length, true);
  let at = SUM + LENGTH;
  for (const part of [text, ...arrays]) {
    file.set(part, at);
    at += part.length;
  }
  file.set(await sumOf(file));
  return file;
}

/** @returns undefined if `packed` did not write exactly these bytes */
export async function unpacked(file: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const sum = await sumOf(file);
  if (file.length < SUM + LENGTH || sum.some((byte, i) => byte !== file[i])) return undefined;
  let at = SUM + LENGTH + new DataView(file.buffer).getUint32(SUM, true);
  const text = new TextDecoder().decode(file.subarray(SUM + LENGTH, at));
  // The arrays come in the order of their marks.
  const restored = (field: unknown): unknown => {
    if (typeof field !== 'object' || field === null) return field;
    if (Array.isArray(field)) return field.map(restored);
    const mark = field as Partial<Record<'$array' | '$number' | 'bytes', unknown>>;
    if ('$number' in mark) return Number(mark.$number);
    if (!('$array' in mark)) {
      return Object.fromEntries(Object.entries(field).map(([name, one]) => [name, restored(one)]));
    }
    const { $array: kind, bytes } = field as Extract<Mark, { $array: unknown }>;
    return new ARRAYS[kind](file.buffer.slice(at, (at += bytes)));
  };
  return restored(JSON.parse(text));
}

async function sumOf(file: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', file.subarray(SUM)));
}
