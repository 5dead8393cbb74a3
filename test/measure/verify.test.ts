import { describe, expect, it } from 'vitest';
import { configModel } from '../../src/measure/configs.ts';
import type { ConfigName } from '../../src/measure/configs.ts';
import { jobsOf } from '../../src/measure/jobs.ts';
import { verify, verifyPeaks } from '../../src/measure/verify.ts';
import { workloadOf } from '../../src/measure/workloads.ts';
import type { ReportedPass, Workload } from '../../src/measure/workloads.ts';
import { twins } from '../../src/reference/twins.ts';
import { variantName } from '../../src/plan/kernel.ts';
import { planCost } from '../../src/plan/plan.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { hasHalfPrecision, testGpu } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';

const ownJobs = await jobsOf({}, fixedVariants((await testGpu()).adapter));
const checks = covering(ownJobs.map(({ checked, shape }) => [checked.pass, shape, checked] as const));

type Check = readonly [pass: string, shape: string, workload: Workload];

/** Of these checks the cheapest that launch each kernel with each of its flags: the others repeat them at other sizes. */
function covering(all: readonly Check[]): Check[] {
  const launched = new Set<string>();
  return all
    .toSorted(([, , a], [, , b]) => planCost(a.plan).flops - planCost(b.plan).flops)
    .filter(([, , { plan }]) => {
      const kernels = plan.dispatches.map((dispatch) => variantName({ ...dispatch, sizes: {} }));
      const isNew = kernels.some((kernel) => !launched.has(kernel));
      for (const kernel of kernels) launched.add(kernel);
      return isNew;
    });
}

describe('on the adapter', () => {
  it('the peak kernels are what their twins say, in every layout', async () => {
    expect(await verifyPeaks(await testGpu())).toEqual([]);
  });

  it.each(checks)(
    '%s, %s: every kernel and the plan are what their twins say',
    async (_pass, _shape, workload) => {
      const { mismatches, kernels, plan } = await verify(await testGpu(), workload);
      expect(mismatches).toEqual([]);
      expect(plan).toBeLessThanOrEqual(1);
      expect(Math.max(...kernels.values())).toBeLessThanOrEqual(1);
    },
  );

  it('a kernel that is not what its twin says is found, with the buffer and the element', async () => {
    const workload = workloadOf(modelOf(configModel('S').spec), 'logProb', 8, PLAIN_VARIANTS);
    const right = twins.standard_normal_log_prob!;
    twins.standard_normal_log_prob = (call) => {
      right(call);
      call.buffers.log_prob![3]! += 1;
    };
    try {
      const { mismatches, kernels, plan } = await verify(await testGpu(), workload);
      expect(mismatches.map(({ what, buffer, element }) => [what, buffer, element])).toEqual([
        ['standard_normal_log_prob', 'log_prob', 3],
        ['log_prob', 'log_prob', 3],
      ]);
      expect(kernels.get('standard_normal_log_prob')).toBeGreaterThan(1);
      expect(plan).toBeGreaterThan(1);
    } finally {
      twins.standard_normal_log_prob = right;
    }
  });
});

const hasHalves = await hasHalfPrecision();

describe.runIf(hasHalves)('at half precision', () => {
  const halfWorkload = async (name: ConfigName, pass: ReportedPass): Promise<Workload> => {
    const fixed = fixedVariants((await testGpu()).adapter, 'f16');
    return workloadOf(modelOf(configModel(name).spec), pass, 68, fixed);
  };

  it.each([
    ['S', 'trainStep'],
    ['M', 'logProb'],
  ] as const)('%s, %s: every kernel and the plan are what their twins say', async (name, pass) => {
    const { mismatches, kernels, plan } = await verify(await testGpu(), await halfWorkload(name, pass));
    expect(mismatches).toEqual([]);
    expect(plan).toBeLessThanOrEqual(1);
    expect([...kernels.keys()]).toContain('half_parameters');
  });

  it('a twin that is off by half the distance of two halves is found, in the kernel and in the plan', async () => {
    const right = twins.half_parameters!;
    twins.half_parameters = (call) => {
      right(call);
      const half_parameters = call.buffers.half_parameters!;
      half_parameters.forEach((value, index) => (half_parameters[index] = value * (1 - 2 ** -11)));
    };
    try {
      const { kernels, plan } = await verify(await testGpu(), await halfWorkload('S', 'logProb'));
      expect(kernels.get('half_parameters')).toBeGreaterThan(1);
      expect(plan).toBeGreaterThan(1);
    } finally {
      twins.half_parameters = right;
    }
  });

  it('a layer’s twin that is off by a tenth of it is found in what the kernel stores', async () => {
    const plain: KernelVariants = { ...PLAIN_VARIANTS, precision: 'f16' };
    const workload = workloadOf(modelOf(configModel('S').spec), 'logProb', 68, plain);
    const right = twins.dense_forward!;
    twins.dense_forward = (call) => {
      right(call);
      const output = call.buffers.output!;
      output.forEach((value, index) => (output[index] = value * (1 + 1e-4)));
    };
    try {
      const { kernels, mismatches } = await verify(await testGpu(), workload);
      const { what, buffer } = mismatches[0]!;
      expect(what).toMatch(/^dense_forward\[.*F16_OUTPUT/);
      expect(buffer).toMatch(/^hidden/);
      expect(kernels.get(what)).toBeGreaterThan(1);
    } finally {
      twins.dense_forward = right;
    }
  });
});
