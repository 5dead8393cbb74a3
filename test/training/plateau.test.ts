import { describe, expect, it } from 'vitest';
import { Plateau } from '../../src/training/plateau.ts';

const HALVING = { kind: 'plateau', factor: 0.5, patience: 2 } as const;

describe('a plateau schedule', () => {
  it('reduces the rate after that many scores without a better one, and counts anew', () => {
    const plateau = new Plateau(HALVING);
    const shares = [true, false, false, false, true, false, false, false, false].map((isBetter) => {
      plateau.record(isBetter, true);
      return plateau.share;
    });
    expect(shares).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]);
  });

  it('does not count scores before patience begins', () => {
    const plateau = new Plateau(HALVING);
    for (let i = 0; i < 5; i++) plateau.record(false, false);
    expect(plateau.share).toBe(1);
  });

  it('goes on from the state of an earlier run', () => {
    const first = new Plateau(HALVING);
    first.record(false, true);
    const second = new Plateau(HALVING, first.state);
    second.record(false, true);
    expect(second.share).toBe(0.5);
    expect(second.state).toEqual({ reductions: 1, scoresSince: 0 });
  });

  it('leaves the rate of other schedules alone', () => {
    const other = new Plateau({ kind: 'cosine' });
    for (let i = 0; i < 5; i++) other.record(false, true);
    expect(other.share).toBe(1);
    expect(other.state).toBeUndefined();
  });
});
