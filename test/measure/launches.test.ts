import { describe, expect, it } from 'vitest';
import { launchKinds, subgroupSizeOf, subgroupsOf } from '../../src/measure/launches.ts';
import { modelOf, REPORTED, reportedPlan } from '../../src/measure/workloads.ts';
import { planCost } from '../../src/plan/plan.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import { realnvp } from '../../src/presets/index.ts';
import { ADAPTERS, LAVAPIPE, NVIDIA } from '../support/adapters.ts';

const model = modelOf(realnvp(6, { couplings: 4, hidden: [16] }));

describe('the kinds of dispatches of a plan', () => {
  it.each(ADAPTERS)('are all of its dispatches and all of its work, on %s', async (_, facts) => {
    for (const pass of REPORTED) {
      const plan = reportedPlan(model, pass, 512, fixedVariants(facts));
      const kinds = await launchKinds(plan);
      const total = (of: 'flops' | 'bytes'): number =>
        kinds.reduce((sum, kind) => sum + kind.count * kind[of], 0);
      expect({
        dispatches: kinds.reduce((sum, { count }) => sum + count, 0),
        flops: total('flops'),
        bytes: total('bytes'),
      }).toEqual(planCost(plan));
    }
  });

  it('put like ones together', async () => {
    const tiled = { ...fixedVariants(LAVAPIPE), regime: 'tiled' } as const;
    const kinds = await launchKinds(reportedPlan(model, 'forward', 512, tiled));
    expect(kinds.map(({ count }) => count)).toContain(4);
  });

  it('have the size of a workgroup from the text of the shader, and the operations of a table', async () => {
    const kinds = await launchKinds(reportedPlan(model, 'forward', 512, fixedVariants(NVIDIA)));
    const pass = kinds.find(({ kernel }) => kernel === 'resident_pass')!;
    expect(pass.groupSize).toBe(64);
    expect(pass.operations).toBeGreaterThan(4);
    const fused = await launchKinds(
      reportedPlan(modelOf(realnvp(2)), 'forward', 512, fixedVariants(LAVAPIPE)),
    );
    expect(fused.find(({ kernel }) => kernel === 'flow_forward')).toMatchObject({ groupSize: 16 });
    expect(fused[0]).not.toHaveProperty('operations');
  });
});

describe('the subgroups of a dispatch', () => {
  it('are whole ones, for each workgroup', () => {
    expect(subgroupsOf({ workgroups: 8, groupSize: 16 }, { lanes: 32 })).toBe(8);
    expect(subgroupsOf({ workgroups: 3, groupSize: 64 }, { lanes: 32 })).toBe(6);
    expect(subgroupsOf({ workgroups: 2, groupSize: 64 }, { lanes: 4 })).toBe(32);
  });

  it.each([
    [8, 8, 8, '8 lanes'],
    [8, 32, 32, '32 lanes (assumed: the adapter reports 8 to 32)'],
    [4, 128, 32, '32 lanes (assumed: the adapter reports 4 to 128)'],
    [4, 16, 16, '16 lanes (assumed: the adapter reports 4 to 16)'],
    [64, 128, 64, '64 lanes (assumed: the adapter reports 64 to 128)'],
    [0, 0, 32, '32 lanes (assumed: the adapter reports no size)'],
  ])('of %i to %i lanes are taken for %i', (subgroupMinSize, subgroupMaxSize, lanes, words) => {
    expect(subgroupSizeOf({ subgroupMinSize, subgroupMaxSize })).toEqual({ lanes, words });
  });

  it('are assumed where no adapter is open', () => {
    expect(subgroupSizeOf().words).toBe('32 lanes (assumed: no adapter is open)');
  });
});
