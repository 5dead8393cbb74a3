import { describe, expect, it } from 'vitest';
import { leastLikely, worstOf } from '../../../src/cli/report/leastLikely.ts';
import { leastPlaces } from '../../../src/data/leastPlaces.ts';

describe('the least likely rows', () => {
  it('are the smallest log-densities in order, of equal ones the first', () => {
    expect([...leastPlaces([-1, -Infinity, -3, -Infinity, -3, 2], 4)]).toEqual([1, 3, 2, 4]);
    expect([...leastPlaces([5, 4], 10)]).toEqual([1, 0]);
  });

  it('have their lines and cells, and each cell its own surprise', () => {
    const judged = { data: Float64Array.from([1, 2, 3, 4, 5, 6]), lines: Uint32Array.from([11, 12, 13]) };
    const least = leastLikely(judged, Float32Array.from([-2, -9, -4]), 2);
    const surprises = new Map([
      ['b', [0.1, 0.2, 0.3]],
      ['a', [7, 8, 9]],
    ]);
    const set = { codec: undefined, columns: ['a', 'b'], context: undefined };
    expect(worstOf(set, least, surprises, 2)).toEqual({
      columns: ['a', 'b'],
      rows: [
        { row: 12, logProb: -9, cells: ['3', '4'], surprise: [7, 0.1] },
        { row: 13, logProb: -4, cells: ['5', '6'], surprise: [8, 0.2] },
        { row: 11, logProb: -2, cells: ['1', '2'], surprise: [9, 0.3] },
      ],
    });
    expect(worstOf(set, least, new Map(), 2).rows[0]?.surprise).toEqual([NaN, NaN]);
  });
});
