import { describe, expect, it } from 'vitest';
import { couplingForward } from '../../../src/kernels/coupling/coupling_forward.ts';
import { couplingInverse } from '../../../src/kernels/coupling/coupling_inverse.ts';
import type { ScaleMap } from '../../../src/model/scaleMap.ts';
import type { CouplingBlocks } from '../../../src/model/blocks.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { SCALE_MAPS, transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('coupling_inverse', () => {
  describe.each(SCALE_MAPS)('with the scale map $map', (scale) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i transformed features', async (rows, features) => {
      for (const shiftFirst of [false, true]) {
        const launch = couplingInverse({ ...args(rows, transformBlock(0, features), scale), shiftFirst });
        const { gpu, twin } = await runBoth([launch], {
          conditioner_output: ramp(2 * features * rows, 2),
          state: ramp(features * rows, 3, 5),
          log_scale: features * rows,
        });
        expectClose('state', gpu('state'), twin('state'), F32_BOUND);
        expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
      }
    });

    it.each([false, true])('undoes coupling_forward, shift first: %s', async (shiftFirst) => {
      const before = ramp(5 * 65, 3);
      const forward = { ...args(65, transformBlock(2, 3), scale), shiftFirst };
      const backward = { ...forward, logScale: 'inverse_log_scale' };
      const { gpu } = await runBoth([couplingForward(forward), couplingInverse(backward)], {
        conditioner_output: ramp(6 * 65, 2),
        state: before,
        log_scale: 3 * 65,
        inverse_log_scale: 3 * 65,
      });
      // One rounding of z = x exp(s) + t comes back multiplied by exp(-s), at most e² here.
      expectClose('state', gpu('state'), before, F32_BOUND);
      expect(gpu('inverse_log_scale')).toEqual(gpu('log_scale'));
    });
  });

  it('changes the transformed block alone', async () => {
    const rows = 5;
    const before = ramp(6 * rows);
    const { gpu, twin } = await runBoth(
      [couplingInverse(args(rows, transformBlock(2, 3), { map: 'tanh', bound: 0.5 }))],
      { conditioner_output: ramp(6 * rows), state: before, log_scale: 3 * rows },
    );
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expect(gpu('state').slice(0, 2 * rows)).toEqual(before.slice(0, 2 * rows));
    expect(gpu('state').slice(2 * rows, 5 * rows)).not.toEqual(before.slice(2 * rows, 5 * rows));
    expect(gpu('state').slice(5 * rows)).toEqual(before.slice(5 * rows));
  });
});

function args(rows: number, blocks: CouplingBlocks, scale: ScaleMap): Parameters<typeof couplingInverse>[0] {
  return {
    rows,
    blocks,
    scale,
    conditionerOutput: 'conditioner_output',
    state: 'state',
    logScale: 'log_scale',
  };
}
