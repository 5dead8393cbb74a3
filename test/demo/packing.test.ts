import { describe, expect, it } from 'vitest';
import { packed, unpacked } from '../../demo/engine/packing.ts';

const RUN = {
  title: 'Ünits, "quoted"',
  numbers: [0, -1.5, NaN, Infinity, -Infinity],
  nested: { none: null, flag: true, rows: Float64Array.of(1e300, NaN, -0), empty: new Float32Array() },
  // A part of a longer buffer, at a place that is no multiple of 4.
  bytes: new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4),
  list: [{ losses: Float32Array.of(0.1, 0.2) }],
};

describe('a packed value', () => {
  it('comes back with its arrays and its numbers', async () => {
    expect(await unpacked(await packed(RUN))).toEqual(RUN);
  });

  it('is nothing after any change of its bytes, and if it was never packed', async () => {
    const file = await packed(RUN);
    for (let at = 0; at < file.length; at += 7) {
      const changed = file.slice();
      changed[at]! ^= 16;
      expect(await unpacked(changed)).toBeUndefined();
      expect(await unpacked(file.slice(0, at))).toBeUndefined();
    }
    expect(
      await unpacked(new TextEncoder().encode('a file of another page, longer than a sum')),
    ).toBeUndefined();
  });
});
