import { describe, expect, it } from 'vitest';
import { rationalQuadraticBackward } from '../../../src/kernels/spline/rational_quadratic_backward.ts';
import type { RationalQuadraticBackwardArguments } from '../../../src/kernels/spline/rational_quadratic_backward.ts';
import { rationalQuadratic } from '../../../src/kernels/spline/rational_quadratic.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

describe('rational_quadratic_backward', () => {
  it.each([
    [1, 1, 8],
    [63, 2, 2],
    [64, 3, 5],
    [65, 5, 8],
    [257, 65, 3],
    [1025, 3, 8],
  ])('matches its twin at %i rows, %i transformed features, %i bins', async (rows, features, bins) => {
    // In narrower bins, float32 resolves a row's position less exactly.
    const outputs = features * (3 * bins - 1) * rows;
    const { gpu, twin } = await runBoth([dispatch(rows, features, bins)], {
      raw: ramp(outputs),
      kept_x: ramp(features * rows, 3.5, 5),
      state: features * rows,
      d_state: ramp(features * rows, 0.5, 3),
      d_raw: ramp(outputs, 1, 4),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    for (const name of ['d_state', 'd_raw']) {
      expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
    }
  });

  it('puts back the rows that rational_quadratic kept, to the bit', async () => {
    const before = ramp(5 * 65, 3.5);
    const forward = { rows: 65, blocks: transformBlock(1, 3), bins: 8, bound: 3, raw: 'raw', state: 'state' };
    const { gpu } = await runBoth(
      [
        rationalQuadratic({ inverse: false, ...forward, logScale: 'log_scale', keptX: 'kept_x' }),
        dispatch(65, 3, 8, { start: 1 }),
      ],
      {
        raw: ramp(3 * 23 * 65, 1.5),
        kept_x: 3 * 65,
        state: before,
        log_scale: 3 * 65,
        d_state: 5 * 65,
        d_raw: 3 * 23 * 65,
      },
    );
    expect(gpu('state')).toEqual(before);
  });

  it('gives no gradient to the raw numbers of rows beyond the bound, nor by the log-det to the padding', async () => {
    const [rows, validRows] = [8, 5];
    const { gpu } = await runBoth([dispatch(rows, 1, 4, { validRows })], {
      raw: ramp(11 * rows, 1.5),
      kept_x: Float32Array.of(1, 5, -2, -1e30, 0.5, 1, 1, 1),
      state: rows,
      d_state: rows,
      d_raw: new Float32Array(11 * rows).fill(NaN),
    });
    const raw = gpu('d_raw');
    for (let r = 0; r < rows; r++) {
      const numbers = Array.from({ length: 11 }, (_, number) => raw[number * rows + r]!);
      const hasGradient = r < validRows && r !== 1 && r !== 3;
      expect(
        numbers.some((value) => value !== 0),
        `row ${r}`,
      ).toBe(hasGradient);
      expect(numbers.every(Number.isFinite)).toBe(true);
    }
  });

  it('stays finite whatever the raw numbers are', async () => {
    const rows = 256;
    for (const scale of [10, 100, 1e4]) {
      const { gpu } = await runBoth([dispatch(rows, 1, 8)], {
        raw: ramp(23 * rows, scale),
        kept_x: Float32Array.from({ length: rows }, (_, r) => -3 + (6 * r) / (rows - 1)),
        state: rows,
        d_state: ramp(rows),
        d_raw: 23 * rows,
      });
      for (const name of ['state', 'd_state', 'd_raw']) {
        expect([...gpu(name)].every(Number.isFinite), name).toBe(true);
      }
    }
  });
});

function dispatch(...shape: Parameters<typeof args>): ReturnType<typeof rationalQuadraticBackward> {
  return rationalQuadraticBackward(args(...shape));
}

function args(
  rows: number,
  features: number,
  bins: number,
  { start = 0, validRows = rows }: { start?: number; validRows?: number } = {},
): RationalQuadraticBackwardArguments {
  return {
    rows,
    validRows,
    blocks: transformBlock(start, features),
    bins,
    bound: 3,
    dLogDet: -1 / 37,
    raw: 'raw',
    keptX: 'kept_x',
    state: 'state',
    dState: 'd_state',
    dRaw: 'd_raw',
  };
}
