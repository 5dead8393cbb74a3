import { describe, expect, it } from 'vitest';
import { mixtureSample } from '../../../src/kernels/base/mixture_sample.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { mixtureSlots } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('mixture_sample', () => {
  it.each([
    [1, 1, 1],
    [63, 2, 4],
    [65, 5, 3],
    [257, 9, 2],
  ])('matches its twin at %i rows, %i features, %i components', async (rows, features, components) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features, components, 0.7)], {
      parameters: ramp(3 + (2 * features + 1) * components),
      state: features * rows,
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('draws its components by their weights, and rows around their means', async () => {
    const rows = 8192;
    const weights = [0.2, 0.5, 0.3];
    const means = [-10, 0, 10];
    const { gpu } = await runBoth([dispatch(rows, 1, 3, 1)], {
      parameters: Float32Array.of(0, 0, 0, ...means, ...[0.5, 1, 2].map(Math.log), ...weights.map(Math.log)),
      state: rows,
    });
    means.forEach((mean, k) => {
      const own = [...gpu('state')].filter((value) => Math.abs(value - mean) < 5);
      // Four standard errors of a share of 8,192 draws are 0.022; 5 is 2.5 standard deviations of the widest.
      expect(Math.abs(own.length / rows - weights[k]!)).toBeLessThan(0.03);
      const average = own.reduce((sum, value) => sum + value, 0) / own.length;
      expect(Math.abs(average - mean)).toBeLessThan(0.2);
    });
  });

  it('draws means alone at the temperature 0', async () => {
    const { gpu } = await runBoth([dispatch(64, 1, 2, 0)], {
      parameters: Float32Array.of(0, 0, 0, -1, 1, 0, 0, 0, 0),
      state: 64,
    });
    expect(new Set(gpu('state'))).toEqual(new Set([-1, 1]));
  });
});

function dispatch(
  rows: number,
  features: number,
  components: number,
  temperature: number,
): ReturnType<typeof mixtureSample> {
  return mixtureSample({
    rows,
    features,
    slots: mixtureSlots(features, components),
    rowStart: 2 ** 32 - 5,
    seed: 7,
    temperature,
    parameters: 'parameters',
    state: 'state',
  });
}
