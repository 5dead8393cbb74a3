import { describe, expect, it } from 'vitest';
import { launchTables, planLaunches } from '../../src/cli/launchTables.ts';
import { PASSES } from '../../src/passes/index.ts';
import { fixedVariants, GPU_WITHOUT_SUBGROUPS } from '../../src/plan/variants.ts';
import { realnvp } from '../../src/presets/index.ts';
import { modelOf } from '../support/randomSpecs.ts';

const plans = await planLaunches(
  modelOf(realnvp(6, { couplings: 4, hidden: [32] })),
  256,
  fixedVariants(GPU_WITHOUT_SUBGROUPS),
);
const [totals, kinds, note] = launchTables(plans) as [string, string, string];

describe('the dispatches that inspect prints', () => {
  it('are counted for a training step of the batch and for every pass', () => {
    expect(plans.map(({ name }) => name)).toEqual([
      'train_step',
      ...Object.keys(PASSES).map((pass) => pass.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
    ]);
    expect(totals).toMatch(/│ train_step +│ 256 +│ \d+ +│ [\d.]+ M │/);
    expect(totals).toMatch(/│ forward +│ 8,192 +│ 2 +│/);
  });

  it('have workgroups, subgroups, work, and what bounds each on a small and on a large GPU', () => {
    expect(kinds).toMatch(
      /│ +│ resident_pass +│ \d+ × 64 +│ \d+ +│ [\d.]+ [kM] +│ [\d.]+ [kM] +│ [\d.]+ +│ \w+, [\d.]+ µs +│ latency, [\d.]+ µs, \d+ of 96 cores │/,
    );
    expect(kinds).toMatch(
      /step_record +│ 1 × 64 .*│ launch, 5\.00 µs, 1 of 3 cores │ launch, 5\.00 µs, 1 of 96 cores/,
    );
    // The traces are counted above, and not listed: they have a dispatch for every bijector.
    expect(kinds).not.toContain('trace_record');
  });

  it('add up to what a plan takes at least', () => {
    for (const { kinds, dispatches, leastMs } of plans) {
      expect(kinds.reduce((sum, { count }) => sum + count, 0)).toBe(dispatches);
      expect(leastMs.large).toBeGreaterThanOrEqual(0.005 * dispatches);
      expect(leastMs.small).toBeGreaterThan(leastMs.large);
    }
  });

  it('are not measured, and say what they assume', () => {
    expect(note).toMatch(/^Nothing here is measured/);
    expect(note).toContain('32 lanes (assumed: no adapter is open)');
    expect(note).toContain('Intel UHD 630 (0.442 TFLOP/s, 42.7 GB/s, 3 cores)');
  });
});
