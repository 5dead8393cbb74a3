import { describe, expect, it } from 'vitest';
import { affineCoupling } from '../../../src/kernels/coupling/affine_coupling.ts';
import type { CouplingBlocks } from '../../../src/model/blocks.ts';
import type { ScaleMap } from '../../../src/model/scaleMap.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { CHECKERBOARDS, SCALE_MAPS, staysOn, transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;

/** Pairs of inverse and shift first. */
const DIRECTIONS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

describe('affine_coupling', () => {
  describe.each(SCALE_MAPS)('with the scale map $map', (scale) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i transformed features', async (rows, features) => {
      for (const [inverse, shiftFirst] of DIRECTIONS) {
        const launch = dispatch(rows, transformBlock(0, features), scale, { inverse, shiftFirst });
        const { gpu, twin } = await runBoth([launch], {
          conditioner_output: ramp(2 * features * rows, 2),
          state: ramp(features * rows, 3, 5),
          log_scale: features * rows,
        });
        expectClose('state', gpu('state'), twin('state'), F32_BOUND);
        expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
      }
    });

    it.each([false, true])('is undone by its inverse, shift first: %s', async (shiftFirst) => {
      const before = ramp(5 * 65, 3);
      const forward = dispatch(65, transformBlock(2, 3), scale, { shiftFirst });
      const inverse = dispatch(65, transformBlock(2, 3), scale, {
        inverse: true,
        shiftFirst,
        logScale: 'inverse_log_scale',
      });
      const { gpu } = await runBoth([forward, inverse], {
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

  it.each([false, true])('changes the transformed block alone, inverse: %s', async (inverse) => {
    const rows = 5;
    const before = ramp(6 * rows);
    const scale: ScaleMap = { map: 'tanh', bound: 0.5 };
    const { gpu, twin } = await runBoth([dispatch(rows, transformBlock(2, 3), scale, { inverse })], {
      conditioner_output: ramp(6 * rows),
      state: before,
      log_scale: 3 * rows,
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expect(gpu('state').slice(0, 2 * rows)).toEqual(before.slice(0, 2 * rows));
    expect(gpu('state').slice(2 * rows, 5 * rows)).not.toEqual(before.slice(2 * rows, 5 * rows));
    expect(gpu('state').slice(5 * rows)).toEqual(before.slice(5 * rows));
  });

  it.each(CHECKERBOARDS)('leaves the pixels of parity $parity alone', async (checkerboard) => {
    const [rows, features] = [8, 30];
    const before = ramp(features * rows, 3, 5);
    const launch = affineCoupling({
      rows,
      inverse: false,
      blocks: transformBlock(0, features),
      checkerboard,
      scale: { map: 'sigmoid' },
      conditionerOutput: 'conditioner_output',
      state: 'state',
      logScale: 'log_scale',
    });
    const { gpu, twin } = await runBoth([launch], {
      conditioner_output: ramp(2 * features * rows, 2),
      state: before,
      log_scale: new Float32Array(features * rows).fill(NaN),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
    staysOn(checkerboard).forEach((stays, feature) => {
      expect(gpu('state')[feature * rows] === before[feature * rows]).toBe(stays);
      expect(gpu('log_scale')[feature * rows] === 0).toBe(stays);
    });
  });

  it('is the identity, to the bit, where the conditioner gives zeros', async () => {
    for (const scale of SCALE_MAPS.filter(({ map }) => map !== 'sigmoid')) {
      const before = ramp(130, 4);
      const { gpu } = await runBoth([dispatch(65, transformBlock(0, 2), scale)], {
        conditioner_output: 4 * 65,
        state: before,
        log_scale: 130,
      });
      expect(gpu('state')).toEqual(before);
      expect(gpu('log_scale')).toEqual(new Float32Array(130));
    }
  });

  it('keeps the relative accuracy of a small bounded log-scale', async () => {
    const raw = Float32Array.of(1e-6, -1e-4, 1e-3, -0.01, 0.1, -0.3, 0.37, -0.38);
    const { gpu, twin } = await runBoth([dispatch(8, transformBlock(0, 1), { map: 'tanh', bound: 1.5 })], {
      conditioner_output: Float32Array.of(...raw, ...new Float32Array(8)),
      state: 8,
      log_scale: 8,
    });
    const relative = [...gpu('log_scale')].map((value, i) => value / twin('log_scale')[i]!);
    expectClose('log_scale, relative', relative, new Float32Array(8).fill(1), 1e-6);
  });

  it('keeps the accuracy of a sigmoid log-scale far out, where it is v or nothing', async () => {
    const raw = [-1e30, -200, -90, -2, 0, 20, 100, 1e30];
    const { gpu, twin } = await runBoth([dispatch(8, transformBlock(0, 1), { map: 'sigmoid' })], {
      conditioner_output: Float32Array.of(...raw, ...new Float32Array(8)),
      state: new Float32Array(8).fill(1),
      log_scale: 8,
    });
    expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expect(Math.max(...gpu('log_scale'))).toBe(0);
  });

  it('keeps the bounded log-scale within its bound far out, where exponentials overflow', async () => {
    const raw = [-1e30, -1e4, -50, -1e-3, 1e-3, 50, 1e4, 1e30];
    const { gpu, twin } = await runBoth([dispatch(8, transformBlock(0, 1), { map: 'tanh', bound: 3 })], {
      conditioner_output: Float32Array.of(...raw, ...new Float32Array(8)),
      state: new Float32Array(8).fill(1),
      log_scale: 8,
    });
    expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expect(Math.max(...gpu('log_scale').map(Math.abs))).toBe(3);
  });
});

function dispatch(
  rows: number,
  blocks: CouplingBlocks,
  scale: ScaleMap,
  { inverse = false, shiftFirst = false, logScale = 'log_scale' } = {},
): ReturnType<typeof affineCoupling> {
  return affineCoupling({
    rows,
    inverse,
    blocks,
    scale,
    shiftFirst,
    conditionerOutput: 'conditioner_output',
    state: 'state',
    logScale,
  });
}
