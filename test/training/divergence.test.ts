import { describe, expect, it } from 'vitest';
import { TrainingDivergedError } from '../../src/errors.ts';
import { Divergence } from '../../src/training/divergence.ts';

function skipped(steps: number, divergence = new Divergence()): Divergence {
  for (let step = 0; step < steps; step++) divergence.record(NaN, 'loss');
  return divergence;
}

describe('divergence', () => {
  it('asks to go back after ten skipped steps in a row, and at once for an update', () => {
    const divergence = skipped(9);
    expect(divergence.record(1, undefined)).toBeUndefined();
    expect(divergence.isGood).toBe(true);
    skipped(9, divergence);
    expect(divergence.isGood).toBe(false);
    expect(divergence.record(NaN, 'gradient')).toBe('gradient');
    expect(new Divergence().record(1, 'update')).toBe('update');
    expect(divergence.state).toEqual({ skipped: 19, skippedInARow: 10, returns: 0 });
  });

  it('leaves a quarter of the learning rate after each return, and stops at the fourth', () => {
    const divergence = new Divergence();
    for (const share of [1 / 4, 1 / 16, 1 / 64]) {
      expect(divergence.returned({ step: 12, part: 'loss' }, 2)).toContain('the weights of step 2');
      expect(divergence.share).toBe(share);
    }
    expect(() => divergence.returned({ step: 12, part: 'loss' }, 2)).toThrow(TrainingDivergedError);
  });

  it('counts the steps of an earlier run too', () => {
    const { state } = skipped(3);
    const resumed = skipped(2, new Divergence(state));
    expect(resumed.isHopeless(5)).toBe(true);
    // The earlier run had 95 steps that were not skipped.
    expect(resumed.isHopeless(100)).toBe(false);
    expect(new Divergence().state).toBeUndefined();
  });
});
