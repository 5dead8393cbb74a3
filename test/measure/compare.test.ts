import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/measure/compare.ts';
import type { Precision } from '../../src/plan/precision.ts';
import { document, entry } from './documents.ts';

function verdict(before: number[], after: number[]): string | undefined {
  const run = (samples: number[]) => document({ entries: [entry({ samples })] });
  return compareRuns(run(before), run(after)).changes[0]?.verdict;
}

describe('compareRuns', () => {
  it('tells a change where the middle halves of the samples and the fastest ones lie apart', () => {
    expect(verdict([10, 10.1, 10.2, 10.3], [8, 8.1, 8.2, 8.3])).toBe('faster');
    expect(verdict([8, 8.1, 8.2, 8.3], [10, 10.1, 10.2, 10.3])).toBe('slower');
  });

  it('sees no change within the noise', () => {
    expect(verdict([10, 11, 12, 13], [9, 10.5, 11.5, 14])).toBe('same');
    expect(verdict([10, 10, 10], [10, 10, 10])).toBe('same');
  });

  it('sees no change where a busy machine made most samples slow, but the fastest are alike', () => {
    expect(verdict([10, 10.1, 10.1, 10.2], [10, 14, 15, 16])).toBe('same');
  });

  it('has the ratio of the medians', () => {
    const [change] = compareRuns(
      document({ entries: [entry({ samples: [10, 10, 10] })] }),
      document({ entries: [entry({ samples: [5, 5, 5] })] }),
    ).changes;
    expect(change).toMatchObject({ ratio: 0.5, verdict: 'faster' });
  });

  it('lists what only one of the runs has', () => {
    const first = entry({ name: 'adam_step' });
    const second = entry({ name: 'standard_normal_log_prob' });
    const { changes, onlyBefore, onlyAfter } = compareRuns(
      document({ entries: [first, entry()] }),
      document({ entries: [entry(), second] }),
    );
    expect(changes.map(({ after }) => after.name)).toEqual(['dense_forward']);
    expect(onlyBefore).toEqual([first]);
    expect(onlyAfter).toEqual([second]);
  });

  it('points out another adapter, clock or version', () => {
    const before = document();
    const after = document({
      adapter: { ...before.adapter, description: 'Other' },
      clock: 'wall clock',
      wgflow: '0.2.0',
    });
    expect(compareRuns(before, after).differences).toEqual([
      'The adapter differs: Some <adapter>, then Other.',
      'The clock differs: GPU timestamps, then wall clock.',
      'The version of wgflow differs: 0.1.0, then 0.2.0.',
    ]);
    expect(compareRuns(before, before).differences).toEqual([]);
  });

  it('points out which plans had other kernels, and how they differ', () => {
    const plan = { kind: 'plan', name: 'train_step', shape: 'M, 512 rows' } as const;
    const variants = { regime: 'fused', lanes: 8, segment: 32 };
    const { differences } = compareRuns(
      document({ entries: [entry(plan), entry()] }),
      document({ entries: [entry({ ...plan, variants }), entry({ variants })] }),
    );
    expect(differences).toEqual([
      'The kernels of train_step, M, 512 rows differ: segment unknown, then segment 32.',
    ]);
  });

  it('points out another precision once, and not again for each plan', () => {
    const plan = { kind: 'plan', name: 'train_step', shape: 'L, 1,024 rows' } as const;
    const run = (precision: Precision) =>
      document({ precision, entries: [entry({ ...plan, variants: { regime: 'tiled', precision } })] });
    expect(compareRuns(run('f32'), run('f16')).differences).toEqual([
      'The precision differs: f32, then f16.',
    ]);
  });

  it('points out that the same adapter had another peak', () => {
    const before = document();
    const fma = { ...before.peak.fma, rate: 60 };
    const { differences } = compareRuns(before, document({ peak: { ...before.peak, fma } }));
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(/100\.0 GFLOP\/s, then 60\.0; the machine was busier in one run/);
  });
});
