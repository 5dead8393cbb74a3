import { describe, expect, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { diagonalScale } from '../../../src/kernels/elementwise/diagonal_scale.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('diagonal_scale', () => {
  describe.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('inverse: %s, with a bias: %s', (inverse, withBias) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth(
        [dispatch({ inverse, rows, features, withBias, accumulate: true })],
        {
          parameters: ramp(3 + 2 * features, 2),
          state: ramp(features * rows, 3, 5),
          log_det: ramp(rows, 9),
        },
      );
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });

    it('is undone by the other direction, and the two log-dets cancel to the bit', async () => {
      const before = ramp(5 * 67, 3);
      const size = { rows: 67, features: 5, withBias };
      const { gpu } = await runBoth(
        [dispatch({ ...size, inverse }), dispatch({ ...size, inverse: !inverse, accumulate: true })],
        { parameters: ramp(13, 2), state: before, log_det: 67 },
      );
      expectClose('state', gpu('state'), before, F32_BOUND);
      expect(gpu('log_det')).toEqual(new Float32Array(67));
    });
  });

  it.each([
    [false, [0, 4 * Math.exp(0.25), 0, 4 * Math.exp(-1)]],
    [true, [-3 * Math.exp(-0.25) - 3, Math.exp(-0.25) - 3, -4 * Math.E - 4, -4]],
  ])('starts the log-det where it does not add, whatever was there, inverse: %s', async (inverse, state) => {
    const { gpu } = await runBoth([dispatch({ inverse, rows: 2, features: 2, withBias: true })], {
      parameters: Float32Array.of(9, 9, 9, 0.25, -1, 3, 4),
      state: Float32Array.of(-3, 1, -4, 0),
      log_det: new Float32Array(2).fill(NaN),
    });
    expect([...gpu('log_det')]).toEqual(inverse ? [0.75, 0.75] : [-0.75, -0.75]);
    expectClose('state', gpu('state'), state, F32_BOUND);
  });

  it.each([false, true])('adds the log-det of all pixels to an image once, inverse: %s', async (inverse) => {
    const images = dispatch({
      inverse,
      rows: 8 * 6,
      pixels: 6,
      features: 3,
      withBias: true,
      accumulate: true,
    });
    const { gpu, twin } = await runBoth([images], {
      parameters: ramp(9, 2),
      state: ramp(3 * 48, 3, 5),
      log_det: ramp(48, 9),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    expect(gpu('log_det').slice(8)).toEqual(ramp(48, 9).slice(8));
  });

  it('is the identity, to the bit, where its tensors are zero', async () => {
    const before = ramp(130, 4);
    const { gpu } = await runBoth([dispatch({ inverse: false, rows: 65, features: 2, withBias: true })], {
      parameters: 7,
      state: before,
      log_det: 65,
    });
    expect(gpu('state')).toEqual(before);
    expect(gpu('log_det')).toEqual(new Float32Array(65));
  });
});

function dispatch({ inverse, rows, features, withBias, accumulate = false, pixels = 1 }: Launch): Dispatch {
  return diagonalScale({
    rows,
    pixels,
    inverse,
    logScale: tensorSlot('log_scale', [features], 3),
    ...(withBias ? { bias: tensorSlot('bias', [features], 3 + features) } : {}),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  });
}

interface Launch {
  inverse: boolean;
  rows: number;
  features: number;
  withBias: boolean;
  accumulate?: boolean;
  pixels?: number;
}
