import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastLikely, Ranks } from '../../src/cli/ranks.ts';

const few = fc.constantFrom(-Infinity, -3, -1, 0, 2.5);
const parts = fc.array(
  fc.array(few, { minLength: 1, maxLength: 7 }).map(Float32Array.from.bind(Float32Array)),
  {
    minLength: 1,
    maxLength: 8,
  },
);

describe('ranks', () => {
  it('are 1 + the number of less likely rows', () => {
    fc.assert(
      fc.property(parts, (chunks) => {
        const ranks = new Ranks();
        for (const chunk of chunks) ranks.add(chunk);
        ranks.end();
        const all = chunks.flatMap((chunk) => [...chunk]);
        expect([...ranks.logProb]).toEqual(all);
        expect(all.map((value) => ranks.of(value))).toEqual(
          all.map((value) => 1 + all.filter((other) => other < value).length),
        );
      }),
    );
  });

  it('of the least likely rows are those among all, and of equal rows the first stay', () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 9 }), (chunks, count) => {
        const least = new LeastLikely<number>(count);
        let first = 0;
        for (const chunk of chunks) {
          const start = first;
          least.add(chunk, (index) => start + index);
          first += chunk.length;
        }
        const all = chunks.flatMap((chunk) => [...chunk]);
        const order = all
          .map((_, row) => row)
          .toSorted((a, b) => (all[a]! < all[b]! ? -1 : all[a]! > all[b]! ? 1 : a - b));
        expect(least.rows()).toEqual(
          order.slice(0, count).map((row) => ({
            row,
            logProb: all[row],
            rank: 1 + all.filter((other) => other < all[row]!).length,
          })),
        );
      }),
    );
  });
});
