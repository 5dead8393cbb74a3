import { describe, expect, it } from 'vitest';
import { partOf, quantileOf, summarize } from '../../src/measure/statistics.ts';

describe('summarize', () => {
  it('takes the median and the quartiles on straight lines between the samples', () => {
    expect(summarize([4, 1, 3, 2], 7)).toEqual({
      medianMs: 2.5,
      minMs: 1,
      maxMs: 4,
      quartilesMs: [1.75, 3.25],
      samples: 4,
      repeats: 7,
    });
  });

  it('is the sample itself where there is one', () => {
    expect(summarize([5], 1)).toMatchObject({ medianMs: 5, minMs: 5, maxMs: 5, quartilesMs: [5, 5] });
  });

  it('is not moved far by one sample that a busy machine made slow', () => {
    const calm = summarize([1, 1.01, 1.02, 1.03, 1.04], 1);
    const disturbed = summarize([1, 1.01, 1.02, 1.03, 50], 1);
    expect(disturbed.medianMs).toBe(calm.medianMs);
    expect(disturbed.quartilesMs).toEqual(calm.quartilesMs);
  });

  it('refuses to say anything about nothing', () => {
    expect(() => summarize([], 1)).toThrow(/no sample/);
  });
});

describe('partOf', () => {
  it('divides every time by the number of parts, and counts the parts as repeats', () => {
    expect(partOf(summarize([10, 20, 30], 5), 10)).toEqual(summarize([1, 2, 3], 50));
  });
});

describe('quantileOf', () => {
  it('reaches from the first to the last value', () => {
    expect([0, 0.1, 0.5, 1].map((share) => quantileOf([10, 20], share))).toEqual([10, 11, 15, 20]);
  });
});
