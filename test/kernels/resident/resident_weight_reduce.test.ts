import { describe, expect, it } from 'vitest';
import { residentWeightReduce } from '../../../src/kernels/resident/resident_weight_reduce.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('resident_weight_reduce', () => {
  it.each([
    [1, 1],
    [63, 2],
    [65, 3],
    [1009, 16],
  ])('adds to %i gradients the partial sums of %i slices', async (parameters, slices) => {
    const launch = residentWeightReduce({ parameters, slices, partials: 'partials', gradients: 'gradients' });
    const [partials, before] = [ramp(slices * parameters), ramp(parameters + 3, 2, 5)];
    const { gpu, twin } = await runBoth([launch], { partials, gradients: before });
    expectClose('gradients', gpu('gradients'), twin('gradients'), F32_BOUND);
    const sums = before.map((start, p) =>
      p < parameters
        ? Array.from({ length: slices }, (_, k) => partials[k * parameters + p]!).reduce(
            (a, b) => a + b,
            start,
          )
        : start,
    );
    expectClose('gradients against plain sums', gpu('gradients'), sums, F32_BOUND);
    expect(gpu('gradients').slice(parameters)).toEqual(before.slice(parameters));
  });
});
