import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldRows, holdOut } from '../../src/data/holdOut.ts';

describe('rows that are held out', () => {
  it('are a tenth by default, at most 10,000, and never all', () => {
    expect([2, 3, 10, 100, 1000, 1e6].map((rows) => heldRows(rows))).toEqual([0, 1, 1, 10, 100, 10_000]);
    expect(heldRows(1e6, 0.1)).toBe(100_000);
  });

  it('are drawn by the seed, and with the others are the whole table, each row with its context', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 80 }), fc.nat(1000), (rows, seed) => {
        const data = Float32Array.from({ length: 2 * rows }, (_, i) => i);
        const context = Float32Array.from({ length: rows }, (_, i) => 1000 + i);
        const held = heldRows(rows, 0.3);
        const split = holdOut({ data, context }, { rows, held, seed });
        expect(holdOut({ data, context }, { rows, held, seed })).toEqual(split);
        const parts = [split.training, ...(split.held === undefined ? [] : [split.held])];
        const pairs = parts.flatMap((part) =>
          [...part.context!].map((c, r) => [part.data[2 * r]!, c] as const),
        );
        expect(pairs.every(([x, c]) => x === 2 * (c - 1000))).toBe(true);
        expect(pairs.map(([x]) => x).sort((a, b) => a - b)).toEqual(
          Array.from({ length: rows }, (_, i) => 2 * i),
        );
      }),
    );
  });

  it('leave training a row of each value that its columns would lack', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 40 }), fc.nat(1000), fc.nat(39), (rows, seed, place) => {
        const flag = Float32Array.from({ length: rows }, (_, i) => (i === place % rows ? 1 : 0));
        const { training } = holdOut({ data: flag }, { rows, held: heldRows(rows, 0.5), seed });
        expect([...training.data]).toContain(1);
      }),
    );
  });
});
