import { describe, expect, it } from 'vitest';
import { actnormStart } from '../../../src/kernels/elementwise/actnorm_start.ts';
import { diagonalScale } from '../../../src/kernels/elementwise/diagonal_scale.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('actnorm_start', () => {
  it.each([
    [4, 1, 1],
    [256, 255, 2],
    [256, 256, 3],
    [260, 257, 65],
    [1028, 1025, 7],
  ])('matches its twin at %i rows of which %i count, %i features', async (rows, validRows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, validRows, features)], {
      state: ramp(features * rows, 3, 5).map((value) => value + 2),
      parameters: 4 + 2 * features,
    });
    expectClose('parameters', gpu('parameters'), twin('parameters'), F32_BOUND);
  });

  it('lets the actnorm give its rows a mean of 0 and a standard deviation of 1', async () => {
    const [rows, features] = [300, 3];
    const slots = slotsOf(features);
    const { gpu } = await runBoth(
      [
        dispatch(rows, rows, features),
        diagonalScale({
          inverse: false,
          rows,
          ...slots,
          accumulate: false,
          parameters: 'parameters',
          state: 'state',
          logDet: 'log_det',
        }),
      ],
      {
        state: ramp(features * rows, 30, 5).map((value) => value + 100),
        parameters: 4 + 2 * features,
        log_det: rows,
      },
    );
    for (let j = 0; j < features; j++) {
      const values = [...gpu('state')].slice(j * rows, (j + 1) * rows);
      const mean = values.reduce((sum, value) => sum + value, 0) / rows;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
      expectClose('mean and variance', [mean, variance], [0, 1], F32_BOUND);
    }
  });

  it('takes the mean and spread of all pixels of a channel', async () => {
    const [rows, validRows, pixels, channels] = [12, 10, 35, 3];
    const { gpu, twin } = await runBoth([dispatch(rows, validRows, channels, pixels)], {
      state: ramp(channels * pixels * rows, 3, 5).map((value, i) => value + i / 100),
      parameters: 4 + 2 * channels,
    });
    expectClose('parameters', gpu('parameters'), twin('parameters'), F32_BOUND);
  });

  it('does nothing where it is done', async () => {
    const before = Float32Array.of(9, 9, 9, 1, 0.5, 0.25);
    const { gpu } = await runBoth([dispatch(8, 8, 1)], { state: ramp(8), parameters: before });
    expect(gpu('parameters')).toEqual(before);
  });

  it.each([NaN, Infinity, 3e38])('leaves a feature as it is whose rows have %s in them', async (value) => {
    const state = ramp(16);
    state.fill(value, 3, 6);
    const { gpu, twin } = await runBoth([dispatch(8, 8, 2)], { state, parameters: 8 });
    expect([...gpu('parameters').slice(4, 5), ...gpu('parameters').slice(6, 7)]).toEqual([0, 0]);
    if (value !== 3e38) expectClose('parameters', gpu('parameters'), twin('parameters'), F32_BOUND);
    expect(gpu('parameters')[7]).not.toBe(0);
  });

  it('divides a column that does not vary by the floor', async () => {
    const { gpu } = await runBoth([dispatch(8, 8, 1)], {
      state: new Float32Array(8).fill(0.75),
      parameters: 6,
    });
    expectClose('parameters', gpu('parameters'), [0, 0, 0, 0, -0.75, Math.log(1e6)], F32_BOUND);
  });
});

function slotsOf(features: number) {
  return {
    initialised: tensorSlot('initialised', [1], 3),
    bias: tensorSlot('bias', [features], 4),
    logScale: tensorSlot('log_scale', [features], 4 + features),
  };
}

function dispatch(
  rows: number,
  validRows: number,
  features: number,
  pixels = 1,
): ReturnType<typeof actnormStart> {
  return actnormStart({
    rows,
    validRows,
    pixels,
    ...slotsOf(features),
    state: 'state',
    parameters: 'parameters',
  });
}
