/** Fingerprints: of tables, to check that a resumed run gets the same rows, and of checkpoints. */

/** 64 bits of the arrays' bytes and lengths, in hexadecimal. */
export function fingerprint(arrays: readonly (Float32Array | Float64Array | undefined)[]): string {
  const print = new Fingerprint();
  for (const array of arrays) {
    print.addWord(array?.length ?? -1);
    if (array !== undefined) print.add(array);
  }
  return print.text;
}

/** A fingerprint of bytes that come in parts. Two multiplicative hashes, not cryptographic. */
export class Fingerprint {
  #low = 0x9e3779b9;
  #high = 0x85ebca6b;

  /** Adds the bytes of an array, which may be a part of a longer one. */
  add(array: Float32Array | Float64Array): void {
    const words = new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4);
    for (let i = 0; i < words.length; i++) this.addWord(words[i] ?? 0);
  }

  /** Adds a text and its length. */
  addText(text: string): this {
    this.addWord(text.length);
    for (let i = 0; i < text.length; i++) this.addWord(text.charCodeAt(i));
    return this;
  }

  addWord(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x85ebca77);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high ^ word, 0xc2b2ae3d) + this.#low;
    this.#high ^= this.#high >>> 13;
  }

  /** 64 bits in hexadecimal. */
  get text(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
