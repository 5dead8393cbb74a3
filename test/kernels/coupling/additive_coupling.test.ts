import { describe, expect, it } from 'vitest';
import { additiveCoupling } from '../../../src/kernels/coupling/additive_coupling.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { CHECKERBOARDS, staysOn, transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('additive_coupling', () => {
  describe.each([1, -1] as const)('with the sign %i', (sign) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i transformed features', async (rows, features) => {
      const { gpu, twin } = await runBoth([dispatch(rows, 0, features, sign)], {
        conditioner_output: ramp(features * rows, 2),
        state: ramp(features * rows, 3, 5),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    });

    it('changes the transformed block alone', async () => {
      const rows = 5;
      const before = ramp(6 * rows);
      const { gpu } = await runBoth([dispatch(rows, 2, 3, sign)], {
        conditioner_output: ramp(3 * rows, 1, 4),
        state: before,
      });
      const changed = [...gpu('state')].map((value, i) => value !== before[i]);
      const expected = [...before.keys()].map((i) => i >= 2 * rows && i < 5 * rows);
      expect(changed).toEqual(expected);
    });
  });

  it.each(CHECKERBOARDS)(
    'leaves the pixels of parity $parity alone, which have no gradient',
    async (checkerboard) => {
      const [rows, features] = [8, 30];
      const before = ramp(features * rows, 3, 5);
      const gradient = { dState: 'd_state', dConditionerOutput: 'd_conditioner_output' };
      const launch = additiveCoupling({
        rows,
        blocks: transformBlock(0, features),
        checkerboard,
        sign: -1,
        conditionerOutput: 'conditioner_output',
        state: 'state',
        gradient,
      });
      const { gpu, twin } = await runBoth([launch], {
        conditioner_output: ramp(features * rows, 2),
        state: before,
        d_state: ramp(features * rows, 1, 8),
        d_conditioner_output: new Float32Array(features * rows).fill(NaN),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expect([...gpu('d_conditioner_output')]).toEqual([...twin('d_conditioner_output')]);
      staysOn(checkerboard).forEach((stays, feature) => {
        expect(gpu('state')[feature * rows] === before[feature * rows]).toBe(stays);
        expect(gpu('d_conditioner_output')[feature * rows] === 0).toBe(stays);
      });
    },
  );
});

function dispatch(
  rows: number,
  start: number,
  count: number,
  sign: 1 | -1,
): ReturnType<typeof additiveCoupling> {
  return additiveCoupling({
    rows,
    blocks: transformBlock(start, count),
    sign,
    conditionerOutput: 'conditioner_output',
    state: 'state',
  });
}
