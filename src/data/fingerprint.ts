/** Fingerprints of tables, to check that a resumed run gets the same rows. */

/** 64 bits of the arrays' bytes and lengths, in hexadecimal. Two multiplicative hashes, not cryptographic. */
export function fingerprint(arrays: readonly (Float32Array | Float64Array | undefined)[]): string {
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  const add = (word: number): void => {
    low = Math.imul(low ^ word, 0x85ebca77);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0xc2b2ae3d) + low;
    high ^= high >>> 13;
  };
  for (const array of arrays) {
    add(array?.length ?? -1);
    if (array === undefined) continue;
    const words = new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4);
    for (let i = 0; i < words.length; i++) add(words[i] ?? 0);
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
