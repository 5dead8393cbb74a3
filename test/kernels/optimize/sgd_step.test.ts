import { describe, expect, it } from 'vitest';
import { sgdStep } from '../../../src/kernels/optimize/sgd_step.ts';
import type { SgdStepArguments } from '../../../src/kernels/optimize/sgd_step.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth, runTwin } from '../harness.ts';
import type { BufferContents } from '../harness.ts';

const F32_BOUND = 1e-6;
const WRITTEN = ['parameters', 'velocity', 'gradients'];

describe('sgd_step', () => {
  it.each([4, 60, 64, 68, 256, 260, 1028])('matches its twin at %i parameters', async (count) => {
    for (const more of [{}, { clipNorm: 0.25 }, { decay: { rate: 0.5, quads: Array(9).fill(0x5a5a5a5a) } }]) {
      const { gpu, twin } = await runBoth([sgdStep(args(count, more))], contents(count));
      for (const name of WRITTEN) expectClose(name, gpu(name), twin(name), F32_BOUND);
      expect(gpu('gradients')).toEqual(new Float32Array(count));
    }
  });

  it('is v ← μ v + g and θ ← θ − η v, with the learning rate of its slot', () => {
    const twin = runTwin([sgdStep(args(4))], {
      ...contents(4),
      parameters: Float32Array.of(1, 2, 3, 4),
      velocity: Float32Array.of(1, 0, -1, 2),
      gradients: Float32Array.of(0.5, -0.25, 0, 1),
    });
    expectClose('velocity', twin('velocity'), [1.25, -0.25, -0.75, 2.5], F32_BOUND);
    expectClose('parameters', twin('parameters'), [0.9375, 2.0125, 3.0375, 3.875], F32_BOUND);
  });

  it('shrinks the marked quads by the factor 1 − η · rate before the update, and no others', () => {
    const decay = { rate: 0.5, quads: [0b10, 1] };
    const before = contents(260).parameters as Float32Array;
    const [plain, decayed] = [{}, { decay: { ...decay, quads: [...decay.quads, 0] } }].map((more) =>
      runTwin([sgdStep(args(260, more))], contents(260))('parameters'),
    );
    before.forEach((value, index) => {
      const shrunk = [1, 32].includes(Math.floor(index / 4)) ? 0.05 * 0.5 * value : 0;
      expect(plain![index]! - decayed![index]!).toBeCloseTo(shrunk, 7);
    });
  });

  it.each([
    ['loss', { step_sums: Float32Array.of(NaN, 1) }],
    ['gradient', { step_sums: Float32Array.of(1, Infinity) }],
    ['learning rate', { step_scalars: Float32Array.of(0, 0, 0, NaN, 1, 1) }],
  ])('changes nothing but the gradients for a %s that is not finite', async (_, more) => {
    const { gpu, twin } = await runBoth([sgdStep(args(68))], { ...contents(68), ...more });
    for (const name of ['parameters', 'velocity']) expect(gpu(name)).toEqual(contents(68)[name]);
    expect(gpu('gradients')).toEqual(new Float32Array(68));
    expect(gpu('step_state')).toEqual(Uint32Array.of(3, 1));
    expect(twin('step_state')).toEqual(gpu('step_state'));
  });

  it.each([
    ['parameter', { parameters: 3.4e38, velocity: -3e38 }],
    ['velocity', { velocity: 3.4e38, gradients: 3e38 }],
  ])('leaves the quad of a %s that overflows as it is, and says so', async (_, values) => {
    const before = contents(68);
    for (const [name, value] of Object.entries(values)) (before[name] as Float32Array)[13] = value;
    const { gpu, twin } = await runBoth([sgdStep(args(68))], {
      ...before,
      step_scalars: Float32Array.of(NaN, NaN, NaN, 1, 1, 1),
    });
    for (const name of ['parameters', 'velocity']) {
      const given = before[name] as Float32Array;
      expect(gpu(name).slice(12, 16)).toEqual(given.slice(12, 16));
      expect(gpu(name).slice(16)).not.toEqual(given.slice(16));
    }
    expect(gpu('step_state')).toEqual(Uint32Array.of(3, 1));
    expect(twin('step_state')).toEqual(gpu('step_state'));
  });

  it('takes whole quads of parameters only', () => {
    expect(() => sgdStep(args(65))).toThrow(/65 parameters are not a multiple of 4/);
  });
});

function args(count: number, more: Partial<SgdStepArguments> = {}): SgdStepArguments {
  return {
    parameterCount: count,
    ringSize: 2,
    momentum: 0.75,
    clipNorm: 0,
    stepState: 'step_state',
    stepScalars: 'step_scalars',
    stepSums: 'step_sums',
    parameters: 'parameters',
    gradients: 'gradients',
    velocity: 'velocity',
    ...more,
  };
}

function contents(count: number): BufferContents {
  const gradients = ramp(count, 0.3);
  return {
    step_state: Uint32Array.of(3, 0),
    step_scalars: Float32Array.of(NaN, NaN, NaN, 0.05, 1.7, 40),
    step_sums: Float32Array.of(
      1,
      gradients.reduce((sum, g) => sum + g * g, 0),
    ),
    parameters: ramp(count, 2, 4),
    gradients,
    velocity: ramp(count, 0.1, 5),
  };
}
