import { describe, expect, it } from 'vitest';
import { configModel } from '../../src/measure/configs.ts';
import { multiplyWeights, passFlops, trainingFlops } from '../../src/measure/usefulFlops.ts';
import { workloadOf } from '../../src/measure/workloads.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import { modelOf } from '../support/randomSpecs.ts';

const layoutOf = (name: 'S' | 'M' | 'L') => paramLayout(configModel(name).spec);

describe('the useful arithmetic', () => {
  it('counts the matrices of all nets, without biases and standardisation', () => {
    // 5 couplings × 2 nets × (1·512 + 512·1); 32 × (1·64 + 64·64 + 64·2); 10 × (21·256 + 256·256 + 256·42).
    expect(multiplyWeights(layoutOf('S'))).toBe(10_240);
    expect(multiplyWeights(layoutOf('M'))).toBe(137_216);
    expect(multiplyWeights(layoutOf('L'))).toBe(816_640);
  });

  it('is 2 × weights × rows of a pass and 6 × weights × batch of a training step', () => {
    expect(passFlops(layoutOf('S'), 1000)).toBe(20_480_000);
    expect(trainingFlops(layoutOf('S'), 512)).toBe(31_457_280);
  });

  it('is what the plans are credited with, however much they compute again', () => {
    const model = modelOf(configModel('M').spec);
    const step = workloadOf(model, 'trainStep', 68, PLAIN_VARIANTS);
    expect(step.usefulFlops).toBe(6 * 137_216 * 68);
    const done = step.plan.dispatches.reduce((sum, { flops }) => sum + flops, 0);
    expect(done).toBeGreaterThan(1.2 * step.usefulFlops);
    for (const pass of ['forward', 'sample', 'logProb'] as const) {
      expect(workloadOf(model, pass, 68, PLAIN_VARIANTS).usefulFlops).toBe(2 * 137_216 * 68);
    }
  });
});
