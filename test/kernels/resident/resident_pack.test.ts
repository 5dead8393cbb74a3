import { describe, expect, it } from 'vitest';
import { WeightPacker } from '../../../src/kernels/resident/resident_pack.ts';
import type { PackedWeights } from '../../../src/kernels/resident/resident_pack.ts';
import { ceilDivide, roundUp } from '../../../src/plan/shape.ts';
import type { DenseSlots } from '../../../src/model/tensors.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const LAYERS = [
  [1, 1],
  [3, 5],
  [4, 8],
  [65, 63],
] as const;

const all = (count: number) => ({ start: 0, count });

describe('resident_pack', () => {
  it.each(LAYERS)('holds a layer of %i inputs and %i outputs in both directions', async (inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 3);
    const weights = new WeightPacker();
    const forward = weights.forward(layer, all(inputs), all(outputs));
    const backward = weights.backward(layer, all(outputs), all(inputs));
    const { packed, parameters } = await pack(weights, layer);
    expectPacked(packed, forward, (i, o) => parameters[3 + o * inputs + i]!);
    expectPacked(packed, backward, (o, i) => parameters[3 + o * inputs + i]!);
  });

  it('holds ranges of a layer, one after the other', async () => {
    const layer = denseSlots(7, 6, 2);
    const weights = new WeightPacker();
    const [from, to] = [
      { start: 2, count: 3 },
      { start: 1, count: 5 },
    ];
    const forward = weights.forward(layer, from, to);
    const backward = weights.backward(layer, to, from);
    const { packed, parameters } = await pack(weights, layer);
    expect(forward).toEqual({ start: 0, inputs: 3, outputs: 5 });
    expect(backward).toEqual({ start: 4 * 2, inputs: 5, outputs: 3 });
    expectPacked(packed, forward, (k, j) => parameters[2 + (1 + j) * 7 + 2 + k]!);
    expectPacked(packed, backward, (k, j) => parameters[2 + (1 + k) * 7 + 2 + j]!);
  });

  it('holds the same weights once', () => {
    const layer = denseSlots(5, 3);
    const weights = new WeightPacker();
    const first = weights.forward(layer, all(5), all(3));
    const { length } = weights;
    expect(weights.forward(layer, all(5), all(3))).toEqual(first);
    expect(weights.length).toBe(length);
    weights.backward(layer, all(3), all(5));
    expect(weights.length).toBeGreaterThan(length);
  });

  it('needs no dispatch without layers', () => {
    expect(new WeightPacker().dispatch({ parameters: 'parameters', packed: 'packed' })).toBeUndefined();
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
  expect(Array.from(gpu('packed'))).toEqual(Array.from(twin('packed')));
  expect(Array.from(gpu('packed').slice(weights.length))).toEqual(Array(5).fill(-7));
  return { packed: gpu('packed'), parameters };
}

/** Quads of outputs, input by input; zeros fill both up to a multiple of 4. */
function expectPacked(
  packed: ArrayLike<number>,
  { start, inputs, outputs }: PackedWeights,
  weight: (k: number, j: number) => number,
): void {
  const width = 4 * ceilDivide(outputs, 4);
  const found = Array.from(packed).slice(4 * start, 4 * start + roundUp(inputs, 4) * width);
  const expected = Array.from({ length: roundUp(inputs, 4) * width }, (_, index) => {
    const [k, j] = [Math.floor(index / width), index % width];
    return k < inputs && j < outputs ? weight(k, j) : 0;
  });
  expect(found).toEqual(expected);
}
