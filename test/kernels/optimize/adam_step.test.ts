import { describe, expect, it } from 'vitest';
import { adamStep } from '../../../src/kernels/optimize/adam_step.ts';
import type { AdamStepArguments } from '../../../src/kernels/optimize/adam_step.ts';
import { stepRecord } from '../../../src/kernels/optimize/step_record.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth, runTwin } from '../harness.ts';

const F32_BOUND = 1e-5;

const WRITTEN = ['parameters', 'first_moment', 'second_moment', 'gradients'];

describe('adam_step', () => {
  it.each([4, 60, 64, 68, 256, 260, 1028, 65_540])('matches its twin at %i parameters', async (count) => {
    const { gpu, twin } = await runBoth([adamStep(args(count))], contents(count));
    for (const name of WRITTEN) expectClose(name, gpu(name), twin(name), F32_BOUND);
  });

  it('updates each parameter once where the grid is folded, above 65,535 workgroups', async () => {
    const count = 4 * (64 * 65_535 + 1);
    expect(adamStep(args(count)).workgroups[1]).toBeGreaterThan(1);
    const picks = [
      0,
      63,
      64,
      65_535,
      65_536,
      8_388_607,
      8_388_608,
      count - 260,
      count - 257,
      count - 2,
      count - 1,
    ];
    const values = contents(picks.length);
    const initial = contents(1);
    for (const name of WRITTEN) {
      const tensor = new Float32Array(count).fill(0.5);
      picks.forEach((index, i) => (tensor[index] = (values[name] as Float32Array)[i]!));
      initial[name] = tensor;
    }
    const { gpu, twin } = await runBoth([adamStep(args(count))], initial);
    for (const name of WRITTEN) {
      const found = gpu(name);
      const wanted = twin(name);
      const of = (tensor: ArrayLike<number>): number[] => picks.map((index) => tensor[index]!);
      expectClose(name, of(found), of(wanted), F32_BOUND);
      // All others started alike; an element that was skipped or updated twice would differ from the second
      // of them.
      const different: number[] = [];
      for (let i = 0; i < count; i++) if (found[i] !== found[1]) different.push(i);
      expect(different.filter((index) => !picks.includes(index))).toEqual([]);
      expectClose(name, [found[1]!], [wanted[1]!], F32_BOUND);
    }
    expect(gpu('parameters')[1]).not.toBe(0.5);
  });

  it('zeroes the gradients and leaves what lies behind the trainable parameters alone', async () => {
    const frozen = Float32Array.of(5, -6, 7);
    const before = contents(68);
    const { gpu } = await runBoth([adamStep(args(68))], {
      ...before,
      parameters: Float32Array.of(...(before.parameters as Float32Array), ...frozen),
    });
    expect(gpu('gradients')).toEqual(new Float32Array(68));
    expect(gpu('parameters').slice(68)).toEqual(frozen);
    expect(gpu('parameters').slice(0, 68)).not.toEqual(before.parameters);
  });

  it('takes the scalars of each step from the ring, which wraps around', async () => {
    const ringSize = 8;
    const steps = 5;
    const scalars = new Float32Array(3 * ringSize).fill(NaN);
    for (let step = 6; step < 6 + steps; step++) {
      scalars.set([0.1 / step, 1 / (1 - 0.9 ** (step + 1)), 1 / (1 - 0.999 ** (step + 1))], 3 * (step % 8));
    }
    const dispatches = Array.from({ length: steps }, (_, step) => [
      adamStep(args(68, { ringSize, gradients: `gradients ${step}` })),
      stepRecord({
        rows: 1,
        ringSize,
        stepSums: 'step_sums',
        stepState: 'step_state',
        stepLosses: 'step_losses',
      }),
    ]).flat();
    const { gpu, twin } = await runBoth(dispatches, {
      ...contents(68),
      ...Object.fromEntries(
        Array.from({ length: steps }, (_, step) => [`gradients ${step}`, ramp(68, 1, 7 * step)]),
      ),
      step_state: Uint32Array.of(6, 0),
      step_scalars: scalars,
      step_losses: 2 * ringSize,
    });
    for (const name of WRITTEN.slice(0, 3)) expectClose(name, gpu(name), twin(name), F32_BOUND);
    expect(gpu('step_state')).toEqual(Uint32Array.of(6 + steps, 0));
  });

  it('takes whole quads of parameters only', () => {
    expect(() => adamStep(args(65))).toThrow(/65 parameters are not a multiple of 4/);
  });

  it('scales a gradient above the clip norm down to it, and no other', async () => {
    const clipped = await runBoth([adamStep(args(68, { clipNorm: 0.25 }))], contents(68));
    for (const name of WRITTEN) expectClose(name, clipped.gpu(name), clipped.twin(name), F32_BOUND);
    const free = await runBoth([adamStep(args(68))], contents(68));
    const short = await runBoth([adamStep(args(68, { clipNorm: 1e3 }))], contents(68));
    expect(short.gpu('first_moment')).toEqual(free.gpu('first_moment'));
    expect(clipped.gpu('first_moment')).not.toEqual(free.gpu('first_moment'));
  });

  it('divides a whole gradient of norm 8 by 16 at the clip norm 0.5', async () => {
    const { gpu } = await runBoth([adamStep(args(4, { clipNorm: 0.5, beta1: 0 }))], {
      ...contents(4),
      gradients: Float32Array.of(0, 8, 0, 0),
      first_moment: 4,
      step_sums: Float32Array.of(1, 64),
    });
    expect(gpu('first_moment')).toEqual(Float32Array.of(0, 0.5, 0, 0));
  });

  it('does nothing on a gradient of zeros from fresh moments, clipping or not', async () => {
    for (const clipNorm of [0, 1]) {
      const { gpu } = await runBoth([adamStep(args(68, { clipNorm }))], {
        ...contents(68),
        gradients: 68,
        first_moment: 68,
        second_moment: 68,
        step_sums: 2,
      });
      expect(gpu('parameters')).toEqual(contents(68).parameters);
      expect(gpu('first_moment')).toEqual(new Float32Array(68));
      expect(gpu('second_moment')).toEqual(new Float32Array(68));
    }
  });

  it.each([
    ['infinite', Infinity],
    ['NaN', NaN],
    ['negative infinite', -Infinity],
  ])('touches no parameter and no moment where the norm is %s', async (_, sumSquares) => {
    for (const clipNorm of [0, 1]) {
      const before = contents(68);
      (before.gradients as Float32Array)[67] = sumSquares;
      const { gpu } = await runBoth([adamStep(args(68, { clipNorm }))], {
        ...before,
        step_sums: Float32Array.of(1, sumSquares),
      });
      for (const name of WRITTEN.slice(0, 3)) expect(gpu(name)).toEqual(before[name]);
      expect(gpu('gradients')).toEqual(new Float32Array(68));
      expect(gpu('step_state')[1]).toBe(1);
    }
  });

  it.each([
    ['loss', { step_sums: Float32Array.of(NaN, 1) }],
    ['loss that overflows', { step_sums: Float32Array.of(-Infinity, 1) }],
    ['learning rate', { step_scalars: Float32Array.of(0, 0, 0, NaN, 1.7, 40) }],
    ['first scalar', { step_scalars: Float32Array.of(0, 0, 0, 0.05, Infinity, 40) }],
    ['second scalar', { step_scalars: Float32Array.of(0, 0, 0, 0.05, 1.7, NaN) }],
  ])('touches no parameter and no moment for a %s that is not finite', async (_, more) => {
    const before = { ...contents(68), ...more };
    const { gpu, twin } = await runBoth([adamStep(args(68))], before);
    for (const name of WRITTEN.slice(0, 3)) expect(gpu(name)).toEqual(contents(68)[name]);
    expect(gpu('gradients')).toEqual(new Float32Array(68));
    expect(gpu('step_state')).toEqual(Uint32Array.of(3, 1));
    expect(twin('step_state')).toEqual(gpu('step_state'));
  });

  it.each([
    ['parameter', { parameters: 3.4e38, first_moment: -1e37, second_moment: 0 }],
    ['corrected first moment', { first_moment: 3e38 }],
    ['corrected second moment', { second_moment: 3e38 }],
  ])('leaves the quad of a %s that overflows as it is, and says so', async (_, values) => {
    const before = contents(68);
    for (const [name, value] of Object.entries(values)) (before[name] as Float32Array)[13] = value;
    const { gpu, twin } = await runBoth([adamStep(args(68))], before);
    for (const name of WRITTEN.slice(0, 3)) {
      const [found, given] = [gpu(name), before[name] as Float32Array];
      expect(found.slice(12, 16)).toEqual(given.slice(12, 16));
      expect(found.slice(16)).not.toEqual(given.slice(16));
      expect([...found].every(Number.isFinite)).toBe(true);
      expectClose(name, found.slice(16), twin(name).slice(16), F32_BOUND);
    }
    expect(gpu('step_state')).toEqual(Uint32Array.of(3, 1));
    expect(twin('step_state')).toEqual(gpu('step_state'));
  });

  it('shrinks the marked quads by the factor 1 − η · rate before the update, and no others', async () => {
    // Quads 0, 31, 32 and 64, on both sides of the words of the table.
    const quads = [0x80000001, 1, 1];
    const marked = [0, 31, 32, 64];
    const decay = { rate: 0.5, quads };
    for (const name of WRITTEN) {
      const decayed = await runBoth([adamStep(args(260, { decay }))], contents(260));
      expectClose(name, decayed.gpu(name), decayed.twin(name), F32_BOUND);
    }
    const before = contents(260).parameters as Float32Array;
    const [plain, decayed] = [
      runTwin([adamStep(args(260))], contents(260))('parameters'),
      runTwin([adamStep(args(260, { decay }))], contents(260))('parameters'),
    ];
    before.forEach((value, index) => {
      const shrunk = marked.includes(Math.floor(index / 4)) ? 0.05 * 0.5 * value : 0;
      expect(plain[index]! - decayed[index]!).toBeCloseTo(shrunk, 7);
    });
  });

  it('takes the bits of plain Adam from a decay of rate 0', async () => {
    const [plain, decayed] = await Promise.all(
      [{}, { decay: { rate: 0, quads: [2 ** 32 - 1] } }].map((more) =>
        runBoth([adamStep(args(68, more))], contents(68)),
      ),
    );
    for (const name of WRITTEN) expect(decayed!.gpu(name)).toEqual(plain!.gpu(name));
  });
});

function args(count: number, more: Partial<AdamStepArguments> = {}): AdamStepArguments {
  return {
    parameterCount: count,
    ringSize: 2,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clipNorm: 0,
    stepState: 'step_state',
    stepScalars: 'step_scalars',
    stepSums: 'step_sums',
    parameters: 'parameters',
    gradients: 'gradients',
    firstMoment: 'first_moment',
    secondMoment: 'second_moment',
    ...more,
  };
}

function contents(count: number): Parameters<typeof runBoth>[1] {
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
    first_moment: ramp(count, 0.1, 5),
    second_moment: ramp(count, 0.1, 6).map(Math.abs),
  };
}
