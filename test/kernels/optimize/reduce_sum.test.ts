import { describe, expect, it } from 'vitest';
import { reduceSum } from '../../../src/kernels/optimize/reduce_sum.ts';
import { reductionGroups } from '../../../src/plan/shape.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('reduce_sum', () => {
  it.each([1, 63, 64, 65, 255, 256, 257, 1025, 4096, 4097, 65_537, 1_048_583])(
    'matches its twin group by group and in total over %i elements',
    async (elements) => {
      for (const squares of [false, true]) {
        const groups = reductionGroups(elements);
        // All of one sign: a sum that cancels has no relative accuracy in f32.
        const input = ramp(elements).map((value) => 2 + value);
        const { gpu, twin } = await runBoth(
          [
            reduceSum({ elements, squares, input: 'input', output: 'partials' }),
            reduceSum({ elements: groups, input: 'partials', output: 'total' }),
          ],
          { input, partials: groups, total: 1 },
        );
        expectClose('partials', gpu('partials'), twin('partials'), F32_BOUND);
        expectClose('total', gpu('total'), twin('total'), F32_BOUND);
        const plain = input.reduce((sum, value) => sum + (squares ? value ** 2 : value), 0);
        expect(twin('total')[0]).toBeCloseTo(plain, 5);
      }
    },
  );

  it('sums whole numbers exactly, each element once, and writes its own sums alone', async () => {
    const elements = 40_007;
    const groups = reductionGroups(elements);
    expect(groups).toBe(3);
    const { gpu } = await runBoth(
      [
        reduceSum({ elements, input: 'input', output: 'partials' }),
        reduceSum({ elements: groups, input: 'partials', output: 'total' }),
      ],
      {
        input: Float32Array.from({ length: elements + 5 }, (_, i) => (i < elements ? i % 3 : 1e9)),
        partials: new Float32Array(groups + 2).fill(-7),
        total: Float32Array.of(5, -7),
      },
    );
    expect(gpu('total')).toEqual(Float32Array.of(Math.floor(elements / 3) * 3 + 1, -7));
    expect(gpu('partials').slice(groups)).toEqual(Float32Array.of(-7, -7));
  });

  it('sums squares of whole numbers exactly, each element once, and writes its own sums alone', async () => {
    const elements = 40_007;
    const groups = reductionGroups(elements);
    const { gpu } = await runBoth(
      [reduceSum({ squares: true, elements, input: 'input', output: 'partials' })],
      {
        input: Float32Array.from({ length: elements + 5 }, (_, i) => (i < elements ? -2 : 1e9)),
        partials: new Float32Array(groups + 1).fill(-7),
      },
    );
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
      [reduceSum({ squares: true, elements: 5000, input: 'input', output: 'partials' })],
      { input, partials: 2 },
    );
    expect(gpu('partials').every(Number.isFinite)).toBe(false);
  });

  it.each([false, true])('gives the same bits on every run, squares: %s', async (squares) => {
    const input = ramp(100_003, 3);
    const runs = [1, 2].map(() =>
      runBoth([reduceSum({ elements: input.length, squares, input: 'input', output: 'partials' })], {
        input,
        partials: reductionGroups(input.length),
      }),
    );
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('partials')).toEqual(second!.gpu('partials'));
  });

  it('writes its sums from an element of the output on, and leaves the others alone', async () => {
    const { gpu, twin } = await runBoth(
      [reduceSum({ elements: 5, input: 'input', output: 'output', outputStart: 1 })],
      { input: Float32Array.of(1, 2, 3, 4, 5), output: Float32Array.of(7, 8, 9) },
    );
    expect(gpu('output')).toEqual(Float32Array.of(7, 15, 9));
    expect([...twin('output')]).toEqual([7, 15, 9]);
  });
});
