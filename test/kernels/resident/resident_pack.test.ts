import { describe, expect, it } from 'vitest';
import { WeightPacker } from '../../../src/kernels/resident/resident_pack.ts';
import type { PackedWeights } from '../../../src/kernels/resident/resident_pack.ts';
import { ceilDivide, roundUp } from '../../../src/plan/shape.ts';
import type { DenseSlots } from '../../../src/model/tensors.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

/** The exponential of a diagonal is rounded; everything else is a copy. */
const F32_BOUND = 1e-6;

const LAYERS = [
  [1, 1],
  [3, 5],
  [4, 8],
  [65, 63],
] as const;

const all = (count: number) => ({ start: 0, count });

describe.each([1, 2])('resident_pack for blocks of %i quads', (outputQuads) => {
  it.each(LAYERS)('holds a layer of %i inputs and %i outputs in both directions', async (inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 3);
    const weights = new WeightPacker(outputQuads);
    const forward = weights.forward(layer, all(inputs), all(outputs));
    const backward = weights.backward(layer, all(outputs), all(inputs));
    const { packed, parameters } = await pack(weights, layer);
    expectPacked(packed, outputQuads, forward, (i, o) => parameters[3 + o * inputs + i]!);
    expectPacked(packed, outputQuads, backward, (o, i) => parameters[3 + o * inputs + i]!);
  });

  it('holds ranges of a layer, one after the other', async () => {
    const layer = denseSlots(7, 6, 2);
    const weights = new WeightPacker(outputQuads);
    const [from, to] = [
      { start: 2, count: 3 },
      { start: 1, count: 5 },
    ];
    const forward = weights.forward(layer, from, to);
    const backward = weights.backward(layer, to, from);
    const { packed, parameters } = await pack(weights, layer);
    expect(forward).toEqual({ start: 0, inputs: 3, outputs: 5 });
    expect(backward).toEqual({ start: 4 * 2, inputs: 5, outputs: 3 });
    expectPacked(packed, outputQuads, forward, (k, j) => parameters[2 + (1 + j) * 7 + 2 + k]!);
    expectPacked(packed, outputQuads, backward, (k, j) => parameters[2 + (1 + k) * 7 + 2 + j]!);
  });

  it.each([1, 2, 7])('holds the triangles of a linear map of %i features', async (count) => {
    const elements = (count * (count - 1)) / 2;
    const slot = (offset: number, length: number) => ({
      name: '',
      shape: [length],
      offset,
      length,
      trainable: true,
    });
    const slots = {
      lower: slot(1, elements),
      upper: slot(1 + elements, elements),
      logDiagonal: slot(1 + 2 * elements, count),
      permutation: slot(0, 0),
    };
    const weights = new WeightPacker(outputQuads);
    const layers = (['lower', 'upper'] as const).flatMap((which) =>
      [false, true].map((transposed) => ({
        which,
        transposed,
        ...weights.triangle(slots, which, transposed),
      })),
    );
    const { packed, parameters } = await pack(weights, denseSlots(0, 1, 1 + 2 * elements + count));
    for (const { which, transposed, ...layer } of layers) {
      const element = (i: number, j: number): number => {
        if (i === j)
          return which === 'lower' ? 1 : Math.fround(Math.exp(parameters[slots.logDiagonal.offset + i]!));
        if (i > j !== (which === 'lower')) return 0;
        const place = which === 'lower' ? (i * (i - 1)) / 2 + j : (i * (2 * count - i - 1)) / 2 + j - i - 1;
        return parameters[slots[which].offset + place]!;
      };
      expectPacked(packed, outputQuads, layer, (k, j) => (transposed ? element(k, j) : element(j, k)));
    }
  });

  it('holds the same weights once', () => {
    const layer = denseSlots(5, 3);
    const weights = new WeightPacker(outputQuads);
    const first = weights.forward(layer, all(5), all(3));
    const { length } = weights;
    expect(weights.forward(layer, all(5), all(3))).toEqual(first);
    expect(weights.length).toBe(length);
    weights.backward(layer, all(3), all(5));
    expect(weights.length).toBeGreaterThan(length);
  });

  it('needs no dispatch without layers', () => {
    expect(
      new WeightPacker(outputQuads).dispatch({ parameters: 'parameters', packed: 'packed' }),
    ).toBeUndefined();
  });
});

/** Runs the packer's dispatch and compares all quads with the twin's. */
async function pack(
  weights: WeightPacker,
  { bias }: DenseSlots,
): Promise<{ packed: ArrayLike<number>; parameters: Float32Array }> {
  const parameters = ramp(bias.offset);
  const { gpu, twin } = await runBoth([weights.dispatch({ parameters: 'parameters', packed: 'packed' })!], {
    parameters,
    packed: new Float32Array(weights.length + 5).fill(-7),
  });
  expectClose('packed', gpu('packed'), twin('packed'), F32_BOUND);
  expect(Array.from(gpu('packed').slice(weights.length))).toEqual(Array(5).fill(-7));
  return { packed: gpu('packed'), parameters };
}

/** Quads of outputs, input by input; zeros fill both up to a multiple of 4. */
function expectPacked(
  packed: ArrayLike<number>,
  outputQuads: number,
  { start, inputs, outputs }: PackedWeights,
  weight: (k: number, j: number) => number,
): void {
  const width = 4 * roundUp(ceilDivide(outputs, 4), outputQuads);
  const found = Array.from(packed).slice(4 * start, 4 * start + roundUp(inputs, 4) * width);
  const expected = Array.from({ length: roundUp(inputs, 4) * width }, (_, index) => {
    const [k, j] = [Math.floor(index / width), index % width];
    return k < inputs && j < outputs ? weight(k, j) : 0;
  });
  expectClose('layer', Float32Array.from(found), Float64Array.from(expected), F32_BOUND);
}
