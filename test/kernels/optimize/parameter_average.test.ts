import { describe, expect, it } from 'vitest';
import { parameterAverage } from '../../../src/kernels/optimize/parameter_average.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';

const F32_BOUND = 1e-6;

describe('parameter_average', () => {
  it.each([4, 60, 64, 68, 256, 260, 1028])('matches its twin at %i parameters', async (count) => {
    for (const step of [0, 1, 7, 100, 100_000]) {
      const { gpu, twin } = await runBoth([dispatch(count, 0.99)], contents(count, step));
      expectClose('average', gpu('average'), twin('average'), F32_BOUND);
    }
  });

  it.each([
    ['9 / 10 after the first update', 0, 0.9],
    ['a half after the ninth', 8, 0.5],
    ['1 − decay in a long run', 10_000, 0.25],
  ])('gives the new parameters the weight %s', async (_, step, weight) => {
    const { gpu } = await runBoth([dispatch(4, 0.75)], {
      ...contents(4, step),
      parameters: new Float32Array(4).fill(3),
      average: new Float32Array(4).fill(1),
    });
    expectClose('average', gpu('average'), new Float32Array(4).fill(1 + 2 * weight), F32_BOUND);
  });

  it('leaves the average of a refused update as it is', async () => {
    const before: BufferContents = { ...contents(68, 5), step_state: Uint32Array.of(5, 1) };
    const { gpu, twin } = await runBoth([dispatch(68, 0.9)], before);
    expect(gpu('average')).toEqual(before.average);
    expect(Float32Array.from(twin('average'))).toEqual(before.average);
  });

  it('changes nothing behind the trainable parameters', async () => {
    const { gpu } = await runBoth([dispatch(64, 0.9)], contents(68, 5));
    expect(gpu('average').slice(64)).toEqual((contents(68, 5).average as Float32Array).slice(64));
  });

  it('takes whole quads of parameters only', () => {
    expect(() => dispatch(65, 0.9)).toThrow(/65 parameters are not a multiple of 4/);
  });
});

function dispatch(parameterCount: number, decay: number): ReturnType<typeof parameterAverage> {
  return parameterAverage({
    parameterCount,
    decay,
    stepState: 'step_state',
    parameters: 'parameters',
    average: 'average',
  });
}

function contents(count: number, step: number): BufferContents {
  return {
    step_state: Uint32Array.of(step, 0),
    parameters: ramp(count, 2, 4),
    average: ramp(count, 1, 5),
  };
}
