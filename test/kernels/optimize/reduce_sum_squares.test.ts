import { describe, expect, it } from 'vitest';
import { reduceSum } from '../../../src/kernels/optimize/reduce_sum.ts';
import { reduceSumSquares } from '../../../src/kernels/optimize/reduce_sum_squares.ts';
import { reductionGroups } from '../../../src/plan/shape.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('reduce_sum_squares', () => {
  it.each([1, 63, 64, 65, 255, 256, 257, 1025, 4096, 4097, 65_537, 1_048_583])(
    'matches its twin group by group and in total over %i elements',
    async (elements) => {
      const groups = reductionGroups(elements);
      const { gpu, twin } = await runBoth(
        [
          reduceSumSquares({ elements, input: 'input', output: 'partials' }),
          reduceSum({ elements: groups, input: 'partials', output: 'total' }),
        ],
        { input: ramp(elements, 3), partials: groups, total: 1 },
      );
      expectClose('partials', gpu('partials'), twin('partials'), F32_BOUND);
      expectClose('total', gpu('total'), twin('total'), F32_BOUND);
    },
  );

  it('sums squares of whole numbers exactly, each element once, and writes its own sums alone', async () => {
    const elements = 40_007;
    const groups = reductionGroups(elements);
    const { gpu } = await runBoth([reduceSumSquares({ elements, input: 'input', output: 'partials' })], {
      input: Float32Array.from({ length: elements + 5 }, (_, i) => (i < elements ? -2 : 1e9)),
      partials: new Float32Array(groups + 1).fill(-7),
    });
    expect([...gpu('partials')].reduce((sum, value) => sum + value, 0)).toBe(4 * elements - 7);
    expect(gpu('partials')[groups]).toBe(-7);
  });

  it.each([
    ['infinity', Infinity],
    ['NaN', NaN],
    ['a square beyond f32', 3e19],
  ])('is not finite where one element is %s', async (_, value) => {
    const input = ramp(5000);
    input[4321] = value;
    const { gpu } = await runBoth(
      [reduceSumSquares({ elements: 5000, input: 'input', output: 'partials' })],
      { input, partials: 2 },
    );
    expect(gpu('partials').every(Number.isFinite)).toBe(false);
  });

  it('gives the same bits on every run', async () => {
    const input = ramp(100_003, 3);
    const runs = [1, 2].map(() =>
      runBoth([reduceSumSquares({ elements: input.length, input: 'input', output: 'partials' })], {
        input,
        partials: reductionGroups(input.length),
      }),
    );
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('partials')).toEqual(second!.gpu('partials'));
  });
});
