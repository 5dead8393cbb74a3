/** Reads the bytes of a Parquet file that no length is trusted in: each read is within the bytes, and takes some. */

/** A struct of Thrift's compact protocol, by the numbers of its fields. Texts and lists are left out. */
export type ThriftStruct = ReadonlyMap<number, number | boolean | ThriftStruct | undefined>;

export class ByteReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** @throws {Error} if there are fewer bytes, as in every other method */
  skip(count: number): void {
    if (count < 0 || count > this.left) throw new Error(`found ${this.left} bytes, expected ${count} more`);
    this.at += count;
  }

  byte(): number {
    this.skip(1);
    return this.#bytes[this.at - 1] ?? 0;
  }

  /** A whole number in `count` bytes, the lowest first. */
  little(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value += this.byte() * 2 ** (8 * i);
    return value;
  }

  /** The next `count` bytes. */
  part(count: number): ByteReader {
    this.skip(count);
    return new ByteReader(this.#bytes.subarray(this.at - count, this.at));
  }

  /** The lower 32 bits of the `width` bits that begin `offset` bits after the place of the reader. */
  bits(offset: number, width: number): number {
    let value = 0;
    for (let done = 0; done < Math.min(width, 32);) {
      const bit = (offset + done) % 8;
      const byte = this.#bytes[this.at + Math.floor((offset + done) / 8)] ?? 0;
      value |= (byte >>> bit) << done;
      done += 8 - bit;
    }
    return width < 32 ? value & ((1 << width) - 1) : value >>> 0;
  }

  /** Seven bits in each byte. */
  varint(): number {
    let value = 0;
    for (let bits = 0; bits < 70; bits += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** bits;
      if (byte < 0x80) return value;
    }
    throw new Error('a number has more than 10 bytes');
  }

  /** The signed number of a varint. */
  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  struct(depth = 0): ThriftStruct {
    if (depth > MAX_DEPTH) throw new Error('structures are nested too deep');
    const fields = new Map<number, number | boolean | ThriftStruct | undefined>();
    for (let field = 0; ;) {
      const head = this.byte();
      const type = head & 15;
      if (type === 0) return fields;
      field = head >> 4 === 0 ? this.zigzag() : field + (head >> 4);
      fields.set(field, this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): number | boolean | ThriftStruct | undefined {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return this.byte();
      case 4:
      case 5:
      case 6:
        return this.zigzag();
      case 7:
        this.skip(8);
        return undefined;
      case 8:
        this.skip(this.varint());
        return undefined;
      case 9:
        this.#list(depth);
        return undefined;
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`a field is of the unknown type ${type}`);
    }
  }

  #list(depth: number): void {
    const head = this.byte();
    const type = head & 15;
    const count = head >> 4 === 15 ? this.varint() : head >> 4;
    for (let i = 0; i < count; i++) this.#value(type <= 2 ? 3 : type, depth + 1);
  }
}

const MAX_DEPTH = 16;
