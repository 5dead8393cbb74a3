import { describe, expect, it } from 'vitest';
import { initialParameters } from '../../src/spec/init.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { specOf } from '../support/randomSpecs.ts';

const COUPLING: BijectorSpec = {
  type: 'affine_coupling',
  split: 2,
  flip: false,
  scale: { map: 'exp' },
  conditioner: { hidden: [4], activation: 'silu', separate: false, init: 'torch_linear' },
};
const RANDOM: BijectorSpec = { type: 'permutation', init: 'random' };

describe('the parameters of a fresh flow', () => {
  it('are the same for the same seed and others for another', () => {
    const spec = specOf(9, [RANDOM, COUPLING]);
    expect(initialParameters(spec, 3)).toEqual(initialParameters(spec, 3));
    expect(tensor(spec, 'bijectors.0.permutation', 3)).not.toEqual(
      tensor(spec, 'bijectors.0.permutation', 4),
    );
  });

  it('have permutations that reverse, or hold each feature once in an order of their own', () => {
    const spec = specOf(9, [RANDOM, { type: 'permutation', init: 'reverse' }, RANDOM]);
    const [first, reverse, second] = [0, 1, 2].map((i) => tensor(spec, `bijectors.${i}.permutation`));
    expect(reverse).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(first).not.toEqual(second);
    for (const order of [first!, second!]) {
      expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  it('put every feature in every place equally often', () => {
    const spec = specOf(
      3,
      Array.from({ length: 600 }, () => RANDOM),
    );
    const counts = new Map<string, number>();
    for (let i = 0; i < 600; i++) {
      const order = tensor(spec, `bijectors.${i}.permutation`).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // 100 expected for each, with a standard deviation of 9.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  it('draw the nets alike whether or not there are permutations', () => {
    const net = (spec: FlowSpec, i: number): number[] => tensor(spec, `bijectors.${i}.conditioner.0.weight`);
    expect(net(specOf(5, [RANDOM, COUPLING]), 1)).toEqual(net(specOf(5, [COUPLING]), 0));
  });
});

function tensor(spec: FlowSpec, name: string, seed = 1): number[] {
  const { offset, length } = paramLayout(spec).tensors.find((slot) => slot.name === name)!;
  return [...initialParameters(spec, seed).subarray(offset, offset + length)];
}
