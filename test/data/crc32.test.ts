import * as zlib from 'node:zlib';
import { expect, it } from 'vitest';
import { crc32 } from '../../src/data/crc32.ts';

it('is the checksum of zlib', () => {
  for (const length of [0, 1, 9, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * i * 37 + 11) & 255);
    expect(crc32(bytes)).toBe(zlib.crc32(bytes));
  }
});
