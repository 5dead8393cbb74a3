/** Random choices of one fuzz case; equal seeds make equal choices. */
import { Buffer } from 'node:buffer';

export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = (seed ^ 0x9e3779b9) >>> 0;
  }

  /** In [0, 1). @see mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined && items.length === 0) throw new RangeError('nothing to pick from');
    return item as Item;
  }

  /** Up to `most` items, in any order. */
  some<Item>(items: readonly Item[], most: number): Item[] {
    return Array.from({ length: this.below(most + 1) }, () => this.pick(items));
  }

  /** The bytes with a few changes, cuts, copies and repetitions. */
  mutated(bytes: Uint8Array): Uint8Array {
    let made: Uint8Array = new Uint8Array(bytes);
    for (let left = 1 + this.below(6); left > 0; left--) {
      const at = this.below(made.length + 1);
      const length = this.below(this.chance(0.8) ? 8 : 200);
      const part = made.subarray(at, at + length);
      switch (this.below(6)) {
        case 0:
          if (at < made.length) made[at] = this.below(256);
          break;
        case 1:
          if (at < made.length) made[at] = (made[at] ?? 0) ^ (1 << this.below(8));
          break;
        case 2:
          made = Buffer.concat([made.subarray(0, at), made.subarray(at + length)]);
          break;
        case 3:
          made = Buffer.concat([made.subarray(0, at), part, made.subarray(at)]);
          break;
        case 4:
          made = Buffer.concat([made.subarray(0, at), Buffer.from(this.pick(HOSTILE)), made.subarray(at)]);
          break;
        default:
          if (this.chance(0.2)) made = made.slice(0, at);
      }
    }
    return made;
  }
}

/** Texts that readers trip over. */
export const HOSTILE = [
  '', '\0', '\n', '\r', '\r\n', '"', '""', "'", ',', ';', '\t', '|', ' ', '#', '\ufeff', '\u2028', '\u001b[2J',
  '1e999', '-1e999', '1e-999', 'NaN', 'Infinity', '-0', '0x10', '1,5', '1.000,5', '1_000', '٣', '９', '1e', '--1',
  '9'.repeat(400), '0.'.concat('3'.repeat(400)), '03/04/2021', '2021-02-30', '2021-01-01T25:00', '99999-01-01',
  '=HYPERLINK("http://a")', '__proto__', 'constructor', 'toString', 'null', 'true', '{}', '[]', '{"a":', '[[[[[[',
  '\ud800', 'é', '日本', '50%', '-999', '?', 'N/A', '1/0', '2^53', '9007199254740993', '4294967296', '1e308', '3.5e38',
]; // prettier-ignore
