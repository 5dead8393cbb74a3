import { describe, expect, it } from 'vitest';
import { logDetReduce } from '../../../src/kernels/coupling/log_det_reduce.ts';
import { gridOf, MAX_WORKGROUPS, WORKGROUP_SIZE } from '../../../src/plan/shape.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('log_det_reduce', () => {
  describe.each([
    { sign: 1 as const, accumulate: false },
    { sign: 1 as const, accumulate: true },
    { sign: -1 as const, accumulate: false },
    { sign: -1 as const, accumulate: true },
  ])('with sign $sign, accumulate $accumulate', ({ sign, accumulate }) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth(
        [logDetReduce({ rows, features, sign, accumulate, logScale: 'log_scale', logDet: 'log_det' })],
        { log_scale: ramp(features * rows, 2), log_det: ramp(rows, 9) },
      );
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });
  });

  it('starts from zero whatever the buffer held, even NaN', async () => {
    const { gpu } = await runBoth(
      [
        logDetReduce({
          rows: 3,
          features: 1,
          sign: 1,
          accumulate: false,
          logScale: 'log_scale',
          logDet: 'log_det',
        }),
      ],
      { log_scale: Float32Array.of(1, 2, 3), log_det: new Float32Array(3).fill(NaN) },
    );
    expect(gpu('log_det')).toEqual(Float32Array.of(1, 2, 3));
  });

  it('writes every row once where the grid is folded over y', async () => {
    const rows = (MAX_WORKGROUPS + 1) * WORKGROUP_SIZE + 1;
    expect(gridOf(rows)[1]).toBeGreaterThan(1);
    const logScale = Float32Array.from({ length: rows }, (_, row) => row % 8191);
    const { gpu } = await runBoth(
      [
        logDetReduce({
          rows,
          features: 1,
          sign: -1,
          accumulate: true,
          logScale: 'log_scale',
          logDet: 'log_det',
        }),
      ],
      { log_scale: logScale, log_det: new Float32Array(rows).fill(1) },
    );
    const wrong = gpu('log_det').findIndex((value, row) => value !== 1 - (row % 8191));
    expect(wrong).toBe(-1);
  });
});
