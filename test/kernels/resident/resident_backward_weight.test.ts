import { describe, expect, it } from 'vitest';
import {
  residentBackwardWeight,
  residentSlices,
} from '../../../src/kernels/resident/resident_backward_weight.ts';
import type { WeightProduct } from '../../../src/kernels/resident/resident_backward_weight.ts';
import { pairsOf } from '../../../src/kernels/resident/resident_pass.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const GRADIENT_BOUND = 1e-5;
/** What `partials` holds where nothing is written. */
const UNTOUCHED = -7;

describe('resident_backward_weight', () => {
  it.each([
    [4, 1, 1],
    [20, 3, 4],
    [60, 31, 33],
    [4, 32, 32],
    [68, 33, 65],
  ])('sums the gradients of a layer at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const [inSlot, outSlot] = [1, 1 + inputs];
    const weight = 2;
    await expectSums(rows, [{ inSlot, inputs, outSlot, outputs, weight, bias: weight + inputs * outputs }]);
  });

  it('sums biases alone, weights alone and several layers at once', async () => {
    await expectSums(36, [
      { outSlot: 3, outputs: 37, inSlot: 0, inputs: 0, bias: 1 },
      { outSlot: 5, outputs: 2, inSlot: 1, inputs: 3, weight: 40 },
      { outSlot: 1, outputs: 3, inSlot: 9, inputs: 32, weight: 50, bias: 147 },
    ]);
  });

  it.each([1, 2, 5, 40])('writes only the triangles of %i by %i matrices', async (size) => {
    const square = { outputs: size, inputs: size };
    const length = (size * (size - 1)) / 2;
    await expectSums(28, [
      { ...square, outSlot: 1, inSlot: 1 + size, weight: 3, triangle: 'lower' },
      { ...square, outSlot: 1 + size, inSlot: 1, weight: 3 + length, triangle: 'upper' },
    ]);
  });

  it.each([1, 3, 7])('has separate sums for each of %i slices', async (slices) => {
    // Seven pairs of quads: slices of 7, of 3 with a last one of 1, and of 1.
    await expectSums(7 * 8, [{ outSlot: 6, outputs: 4, inSlot: 1, inputs: 5, weight: 0, bias: 20 }], slices);
  });
});

describe('residentSlices', () => {
  const product = (outputs: number, inputs: number): WeightProduct => ({
    outSlot: 1,
    outputs,
    inSlot: 1,
    inputs,
    weight: 0,
    bias: 0,
  });
  it.each([
    [4, [product(1, 1)], 1],
    [1024, [product(1, 1)], 16],
    [1024, [product(512, 512)], 1],
    // Eleven slices are wanted, but 16 pairs make eight of two.
    [128, [product(64, 200)], 8],
    [72, [product(4, 4)], 9],
  ])('of %i rows leave none empty: %o', (rows, products, expected) => {
    const slices = residentSlices({ rows, products });
    const pairs = pairsOf(rows);
    expect(slices).toBe(expected);
    expect((slices - 1) * Math.ceil(pairs / slices)).toBeLessThan(pairs);
  });
});

/** Compares with the twin, and with sums over the rows in plain loops. */
async function expectSums(rows: number, products: readonly WeightProduct[], slices = 1): Promise<void> {
  const pairs = pairsOf(rows);
  const slots = Math.max(...products.map((p) => Math.max(p.outSlot + p.outputs, p.inSlot + p.inputs)));
  const parameters = 2 + Math.max(...products.map(endOf));
  const factors = ramp(pairs * slots * 8);
  for (let p = 0; p < pairs; p++) factors.fill(1, p * slots * 8, (p * slots + 1) * 8);
  const launch = residentBackwardWeight({
    rows,
    products,
    slices,
    slots,
    parameters,
    factors: 'factors',
    partials: 'partials',
  });
  const { gpu, twin } = await runBoth([launch], {
    factors,
    partials: new Float32Array(slices * parameters).fill(UNTOUCHED),
  });
  expectClose('partials', gpu('partials'), twin('partials'), GRADIENT_BOUND);

  const factor = (slot: number, row: number): number => {
    const [p, place] = [Math.floor(row / 8), row % 8];
    return factors[(p * slots + slot) * 8 + place]!;
  };
  const sliceRows = Math.ceil(pairs / slices) * 8;
  for (let slice = 0; slice < slices; slice++) {
    const expected = new Float64Array(parameters).fill(UNTOUCHED);
    const sum = (term: (row: number) => number): number => {
      let total = 0;
      const end = Math.min((slice + 1) * sliceRows, pairs * 8);
      for (let row = slice * sliceRows; row < end; row++) total += term(row);
      return total;
    };
    for (const { outSlot, outputs, inSlot, inputs, weight, bias, triangle } of products) {
      let next = weight ?? NaN;
      for (let o = 0; o < outputs; o++) {
        if (bias !== undefined) expected[bias + o] = sum((row) => factor(outSlot + o, row));
        for (let i = 0; i < inputs; i++) {
          if ((triangle === 'lower' && i >= o) || (triangle === 'upper' && i <= o)) continue;
          expected[next++] = sum((row) => factor(outSlot + o, row) * factor(inSlot + i, row));
        }
      }
    }
    expectNormClose(
      `slice ${slice} against plain sums`,
      gpu('partials').slice(slice * parameters, (slice + 1) * parameters),
      expected,
      GRADIENT_BOUND,
    );
  }
}

/** The place after the last parameter of a product. */
function endOf({ weight = 0, bias = 0, inputs, outputs, triangle }: WeightProduct): number {
  const elements = triangle === undefined ? inputs * outputs : (inputs * (inputs - 1)) / 2;
  return Math.max(weight + elements, bias + outputs);
}
