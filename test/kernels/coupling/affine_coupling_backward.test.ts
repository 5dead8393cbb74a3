import { describe, expect, it } from 'vitest';
import { affineCouplingBackward } from '../../../src/kernels/coupling/affine_coupling_backward.ts';
import { affineCoupling } from '../../../src/kernels/coupling/affine_coupling.ts';
import type { CouplingBlocks } from '../../../src/model/blocks.ts';
import type { Checkerboard } from '../../../src/model/image.ts';
import type { ScaleMap } from '../../../src/model/scaleMap.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { CHECKERBOARDS, SCALE_MAPS, staysOn, transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

describe('affine_coupling_backward', () => {
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
        const launch = dispatch(rows, transformBlock(0, features), scale, { shiftFirst });
        const { gpu, twin } = await runBoth([launch], {
          conditioner_output: ramp(2 * features * rows, 2),
          state: ramp(features * rows, 3, 5),
          d_state: ramp(features * rows, 0.5, 3),
          d_conditioner_output: ramp(2 * features * rows, 1, 4),
        });
        expectClose('state', gpu('state'), twin('state'), F32_BOUND);
        for (const name of ['d_state', 'd_conditioner_output']) {
          expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
        }
      }
    });

    it.each(CHECKERBOARDS)(
      'gives the pixels of parity $parity no gradient of the net',
      async (checkerboard) => {
        const [rows, features] = [8, 30];
        const launch = dispatch(rows, transformBlock(0, features), scale, { checkerboard });
        const { gpu, twin } = await runBoth([launch], {
          conditioner_output: ramp(2 * features * rows, 2),
          state: ramp(features * rows, 3, 5),
          d_state: ramp(features * rows, 0.5, 3),
          d_conditioner_output: new Float32Array(2 * features * rows).fill(NaN),
        });
        expectClose('state', gpu('state'), twin('state'), F32_BOUND);
        for (const name of ['d_state', 'd_conditioner_output']) {
          expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
        }
        const gradient = gpu('d_conditioner_output');
        const stays = staysOn(checkerboard);
        [...stays, ...stays].forEach((one, output) => expect(gradient[output * rows] === 0).toBe(one));
      },
    );

    it('rebuilds the input of affine_coupling from its output', async () => {
      const before = ramp(5 * 65, 3);
      const blocks = transformBlock(1, 3);
      const { gpu } = await runBoth(
        [
          affineCoupling({
            rows: 65,
            inverse: false,
            blocks,
            scale,
            conditionerOutput: 'conditioner_output',
            state: 'state',
            logScale: 'log_scale',
          }),
          dispatch(65, blocks, scale),
        ],
        {
          conditioner_output: ramp(6 * 65, 2),
          state: before,
          log_scale: 3 * 65,
          d_state: 5 * 65,
          d_conditioner_output: 6 * 65,
        },
      );
      expectClose('state', gpu('state'), before, F32_BOUND);
    });
  });

  it('changes the transformed block of the state and of its gradient alone', async () => {
    const rows = 5;
    const before = { state: ramp(6 * rows), d_state: ramp(6 * rows, 2, 1) };
    const { gpu, twin } = await runBoth([dispatch(rows, transformBlock(2, 3), { map: 'exp' })], {
      conditioner_output: ramp(6 * rows),
      d_conditioner_output: 6 * rows,
      ...before,
    });
    for (const name of ['state', 'd_state'] as const) {
      expectClose(name, gpu(name), twin(name), F32_BOUND);
      expect(gpu(name).slice(0, 2 * rows)).toEqual(before[name].slice(0, 2 * rows));
      expect(gpu(name).slice(2 * rows, 5 * rows)).not.toEqual(before[name].slice(2 * rows, 5 * rows));
      expect(gpu(name).slice(5 * rows)).toEqual(before[name].slice(5 * rows));
    }
  });

  it('gives the padding of each feature no gradient of the log-det', async () => {
    const [rows, features, validRows] = [8, 3, 5];
    const { gpu, twin } = await runBoth(
      [dispatch(rows, transformBlock(0, features), SCALE_MAPS[1]!, { validRows })],
      {
        conditioner_output: ramp(2 * features * rows, 2),
        state: ramp(features * rows, 3, 5),
        d_state: features * rows,
        d_conditioner_output: ramp(2 * features * rows),
      },
    );
    const raw = gpu('d_conditioner_output');
    expectNormClose('d_conditioner_output', raw, twin('d_conditioner_output'), GRADIENT_BOUND);
    raw.forEach((value, index) => {
      const hasGradient = index < features * rows && index % rows < validRows;
      expect(value !== 0, `[${index}] ${value}`).toBe(hasGradient);
    });
  });

  it('gives the raw output no gradient where the bounded scale map is saturated', async () => {
    const { gpu } = await runBoth([dispatch(2, transformBlock(0, 1), { map: 'tanh', bound: 3 })], {
      conditioner_output: Float32Array.of(-1e4, 1e4, 0, 0),
      state: Float32Array.of(1, 1),
      d_state: Float32Array.of(1, 1),
      d_conditioner_output: 4,
    });
    expect(gpu('d_conditioner_output')).toEqual(Float32Array.of(0, 0, 1, 1));
  });
});

function dispatch(
  rows: number,
  blocks: CouplingBlocks,
  scale: ScaleMap,
  {
    validRows = rows,
    shiftFirst = false,
    checkerboard,
  }: { validRows?: number; shiftFirst?: boolean; checkerboard?: Checkerboard } = {},
): ReturnType<typeof affineCouplingBackward> {
  return affineCouplingBackward({
    rows,
    validRows,
    blocks,
    checkerboard,
    scale,
    shiftFirst,
    dLogDet: -1 / 37,
    conditionerOutput: 'conditioner_output',
    state: 'state',
    dState: 'd_state',
    dConditionerOutput: 'd_conditioner_output',
  });
}
