import { describe, expect, it } from 'vitest';
import { nllLoss } from '../../../src/kernels/base/nll_loss.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

describe('nll_loss', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 7],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth(
      [dispatch({ rows, validRows: rows, features, rowStart: 0, totalRows: rows })],
      {
        state: ramp(features * rows, 3),
        log_det: ramp(rows, 20),
        d_state: ramp(features * rows, 5),
        nll: rows,
      },
    );
    expectClose('nll', gpu('nll'), twin('nll'), F32_BOUND);
    expectNormClose('d_state', gpu('d_state'), twin('d_state'), GRADIENT_BOUND);
  });

  it('writes the rows of a chunk at their place and divides by the rows of the whole batch', async () => {
    const before = ramp(200);
    const state = ramp(2 * 65, 3);
    const { gpu, twin } = await runBoth(
      [dispatch({ rows: 65, validRows: 65, features: 2, rowStart: 128, totalRows: 4096 })],
      { state, log_det: ramp(65, 20), d_state: 2 * 65, nll: before },
    );
    expectClose('nll', gpu('nll'), twin('nll'), F32_BOUND);
    expect(gpu('nll').slice(0, 128)).toEqual(before.slice(0, 128));
    expect(gpu('nll').slice(193)).toEqual(before.slice(193));
    // 4096 is a power of two, so the quotient is exact.
    expect(gpu('d_state')).toEqual(state.map((z) => z / 4096));
    expect(gpu('state')).toEqual(state);
  });

  it('gives the padding neither loss nor gradient, whatever it holds', async () => {
    const state = ramp(2 * 8, 3);
    [5, 6, 7].forEach((row) => state.fill(Infinity, row, row + 1).fill(NaN, 8 + row, 9 + row));
    const { gpu, twin } = await runBoth(
      [dispatch({ rows: 8, validRows: 5, features: 2, rowStart: 1, totalRows: 5 })],
      { state, log_det: ramp(8), d_state: ramp(2 * 8), nll: new Float32Array(9).fill(-7) },
    );
    expectClose('nll', gpu('nll'), twin('nll'), F32_BOUND);
    expectNormClose('d_state', gpu('d_state'), twin('d_state'), GRADIENT_BOUND);
    expect([...gpu('nll')].filter((value) => value === -7)).toHaveLength(4);
    for (const start of [0, 8]) {
      expect(gpu('d_state').slice(start + 5, start + 8)).toEqual(new Float32Array(3));
    }
  });
});

function dispatch(
  sizes: Omit<Parameters<typeof nllLoss>[0], 'state' | 'logDet' | 'dState' | 'nll'>,
): ReturnType<typeof nllLoss> {
  return nllLoss({ ...sizes, state: 'state', logDet: 'log_det', dState: 'd_state', nll: 'nll' });
}
