import { expect, it } from 'vitest';
import { placesByWeight } from '../../src/data/weights.ts';

it('rows by weight are all rows for equal weights, and as many as the weights are worth for others', () => {
  expect([...placesByWeight(new Float32Array(5).fill(0.3))]).toEqual([0, 1, 2, 3, 4]);
  expect([...placesByWeight(Float32Array.of(0, 1, 0, 1))]).toEqual([1, 3]);
  const weights = Float32Array.from({ length: 4000 }, (_, row) => (row % 4) + 1);
  const places = placesByWeight(weights);
  // (10 · 1000)² / (30 · 1000)
  expect(places).toHaveLength(3333);
  const share = (weight: number): number => places.filter((row) => weights[row] === weight).length / 3333;
  for (const weight of [1, 2, 3, 4]) expect(share(weight)).toBeCloseTo(weight / 10, 2);
});
