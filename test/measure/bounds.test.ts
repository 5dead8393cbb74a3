import { describe, expect, it } from 'vitest';
import { launchBound, measuredLaunches, SCALES } from '../../src/measure/bounds.ts';
import type { AdapterLimits } from '../../src/measure/bounds.ts';
import { document, entry } from './documents.ts';

/** 1 µs is 1e5 FLOPs, 1e4 bytes, or an operation of a table. */
const LIMITS: AdapterLimits = { gflops: 100, gbPerSecond: 10, launchMs: 0.005 };
const GPU: AdapterLimits = { ...LIMITS, cores: 10, operationMs: 0.001 };
const kind = { workgroups: 100, flops: 0, bytes: 0 };

describe('what bounds a dispatch', () => {
  it.each([
    ['launch', { ...kind, flops: 1e5, bytes: 1e4 }, 0.006],
    ['arithmetic', { ...kind, flops: 1e7, bytes: 1e4 }, 0.105],
    ['memory', { ...kind, flops: 1e7, bytes: 1e7 }, 1.005],
  ] as const)('is %s, if that is the longest part', (by, work, leastMs) => {
    const bound = launchBound(work, LIMITS);
    expect(bound.by).toBe(by);
    expect(bound.leastMs).toBeCloseTo(leastMs, 9);
  });

  it('is the rest of a measured time that neither launch nor arithmetic nor memory explain', () => {
    const work = { ...kind, flops: 1e6 };
    expect(launchBound(work, LIMITS).by).toBe('arithmetic');
    expect(launchBound(work, LIMITS, 0.02).by).toBe('arithmetic');
    expect(launchBound(work, LIMITS, 0.03)).toMatchObject({ by: 'rest', leastMs: 0.015 });
  });

  it('is not negative for data in a cache, which are faster than the copy peak', () => {
    expect(launchBound({ ...kind, bytes: 1e6 }, LIMITS, 0.01).by).toBe('memory');
  });

  it('is the latency of a long table of operations', () => {
    expect(launchBound({ ...kind, operations: 4 }, GPU).by).toBe('launch');
    expect(launchBound({ ...kind, operations: 50 }, GPU)).toMatchObject({ by: 'latency' });
  });

  it('is arithmetic sooner, if some cores have no workgroup', () => {
    const work = { ...kind, flops: 4e5 };
    expect(launchBound(work, GPU)).toMatchObject({ by: 'launch' });
    const few = launchBound({ ...work, workgroups: 1 }, GPU);
    expect(few.by).toBe('arithmetic');
    expect(few.leastMs).toBeCloseTo(0.045, 9);
  });
});

describe('the dispatches of a measured plan', () => {
  const launch = {
    kernel: 'adam_step',
    variant: 'adam_step',
    workgroups: 4,
    groupSize: 64,
    flops: 0,
    bytes: 1000,
  };
  const plan = entry({ kind: 'plan', name: 'train_step', launches: [{ ...launch, count: 2 }] });
  const alone = entry({ name: 'adam_step', variant: 'adam_step', flops: 0, bytes: 1000, samples: [0.5] });

  it('have the time of their kernel alone, if the run measured it at this size', () => {
    const [found] = measuredLaunches(plan, document({ entries: [plan, alone] }));
    // 2 µs for an empty dispatch, and 1,000 bytes at 10 GB/s; subgroups of 8.
    expect(found).toMatchObject({ count: 2, subgroups: 32, measuredMs: 0.5, by: 'rest' });
    expect(found!.leastMs).toBeCloseTo(0.0021, 9);
    const other = { ...alone, bytes: 2000 };
    const [unmeasured] = measuredLaunches(plan, document({ entries: [plan, other] }));
    expect(unmeasured).toMatchObject({ measuredMs: undefined, by: 'launch' });
  });

  it('are none, if the run is older than that', () => {
    const { launches: _, ...old } = plan;
    expect(measuredLaunches(old, document())).toEqual([]);
  });
});

describe('the two scales', () => {
  it('are a small and a large GPU by their makers', () => {
    const { small, large } = SCALES;
    expect([small.gflops, small.cores].map(Math.round)).toEqual([442, 3]);
    expect([large.gflops, large.cores].map(Math.round)).toEqual([28_262, 96]);
  });
});
