import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { spline } from '../../src/presets/index.ts';
import { normals, STREAMS } from '../../src/random.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import { logProbPlan } from '../../src/passes/forward.ts';
import { meanNll } from '../../src/data/statistics.ts';
import { SWIFTSHADER } from '../support/adapters.ts';
import { testDevice } from '../support/device.ts';
import { modelOf, specOf } from '../support/randomSpecs.ts';

const TRAINING = { batch: 256, learningRate: 2e-2, schedule: { kind: 'cosine' } } as const;

describe('a flow whose base is not the standard normal', () => {
  it('learns the modes of a mixture by the base alone', async () => {
    // With as many components as modes, two might share one.
    using flow = await flowOf({ type: 'mixture', components: 6 });
    const modes = (seed: number): Float32Array =>
      normalRows(4096, seed).map((value, i) => 0.3 * value + [-2, 0, 2][i % 3]!);
    await fitted(flow, modes(1), 400);
    // Three modes of equal weight, seven standard deviations apart.
    const entropy = Math.log(3) + 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(0.3);
    expect(Math.abs(meanNll(await flow.logProb(modes(2))) - entropy)).toBeLessThan(0.05);
    const samples = await flow.sample(2048, { seed: 3 });
    for (const mode of [-2, 0, 2]) {
      const near = samples.filter((value) => Math.abs(value - mode) < 1).length / samples.length;
      expect(Math.abs(near - 1 / 3)).toBeLessThan(0.06);
    }
  });

  it('learns the mean and the spread of a diagonal normal', async () => {
    using flow = await flowOf({ type: 'diagonal_normal' });
    await fitted(
      flow,
      normalRows(4096, 1).map((value) => 0.4 * value + 1),
      250,
    );
    const { 'base.mean': mean, 'base.log_scale': logScale } = await flow.parameters();
    expect(Math.abs(mean![0]! - 1)).toBeLessThan(0.03);
    expect(Math.abs(Math.exp(logScale![0]!) - 0.4)).toBeLessThan(0.03);
  });

  it("learns how heavy the tails of Student's t are, unless they are fixed", async () => {
    // A normal divided by the root of a mean of two squares has two degrees of freedom.
    const normal = normalRows(3 * 8192, 1);
    const data = Float32Array.from(
      { length: 8192 },
      (_, r) => normal[3 * r]! / Math.sqrt((normal[3 * r + 1]! ** 2 + normal[3 * r + 2]! ** 2) / 2),
    );
    using learned = await flowOf({ type: 'student_t', df: 5, learned: true });
    await fitted(learned, data, 250);
    const df = Math.exp((await learned.parameters())['base.log_df']![0]!);
    expect(Math.abs(df - 2)).toBeLessThan(0.3);
    using fixed = await flowOf({ type: 'student_t', df: 20, learned: false });
    expect((await fixed.gradients(data)).gradients).not.toHaveProperty('base.log_df');
  });

  it('stays finite in training where splines end in a box, and says −∞ beyond', async () => {
    using flow = await Flow.create(
      spline(2, { couplings: 2, hidden: [8], base: { type: 'uniform', bound: 3 } }),
      { device: await testDevice() },
    );
    const data = normalRows(2 * 1024, 4);
    await fitted(flow, data, 60);
    const logProb = await flow.logProb(Float32Array.of(0, 0, 1e6, 0));
    expect(Number.isFinite(logProb[0])).toBe(true);
    expect(logProb[1]).toBe(-Infinity);
    const { z, logProb: own } = await flow.sampleAndLogProb(512, { seed: 1, temperature: 2 });
    expect(z.every((value) => Math.abs(value) <= 3)).toBe(true);
    expect(own.every(Number.isFinite)).toBe(true);
  });

  it('runs its couplings fused, and the density after them', () => {
    const { dispatches } = logProbPlan(
      modelOf({
        ...specOf(2, [
          {
            type: 'affine_coupling',
            split: 1,
            flip: false,
            scale: { map: 'exp' },
            conditioner: { hidden: [4], activation: 'relu', separate: false, init: 'zero_last' },
          },
        ]),
        base: { type: 'student_t', df: 3, learned: true },
      }),
      64,
      fixedVariants(SWIFTSHADER),
    );
    expect(dispatches.map(({ kernel }) => kernel.stem)).toEqual(['flow_forward', 'student_t_log_prob']);
  });
});

async function flowOf(base: BaseSpec): Promise<Flow> {
  const spec: FlowSpec = { ...specOf(1, []), base };
  return Flow.create(spec, { device: await testDevice(), seed: 1 });
}

async function fitted(flow: Flow, data: Float32Array, steps: number): Promise<void> {
  for await (const { nll } of flow.fit(data, { ...TRAINING, steps })) expect(Number.isFinite(nll)).toBe(true);
}

function normalRows(count: number, seed: number): Float32Array {
  return new Float32Array(normals(seed, STREAMS.toyTest, count));
}
