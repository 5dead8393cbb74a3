import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, copyToRows } from '../../src/gpu/rows.ts';
import { paddedRows } from '../../src/shape.ts';

describe('rows of a chunk as columns', () => {
  it('are each feature’s values one after the other, padded by the last row', () => {
    const rows = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9, 9);
    const columns = columnsOf(rows, 2, { start: 1, count: 3 });
    expect(columns).toEqual(Float32Array.of(1, 3, 5, 5, 2, 4, 6, 6));
  });

  it('come back to their places, and nothing else changes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 3 }),
        (features, count, start) => {
          const rows = Float32Array.from({ length: features * (start + count + 2) }, (_, i) => i + 1);
          const columns = columnsOf(rows, features, { start, count });
          expect(columns.length).toBe(features * paddedRows(count));
          const target = new Float32Array(rows.length);
          copyToRows(columns, features, { start, count }, target);
          const inside = (i: number): boolean => i >= start * features && i < (start + count) * features;
          expect(target).toEqual(rows.map((value, i) => (inside(i) ? value : 0)));
        },
      ),
    );
  });
});
