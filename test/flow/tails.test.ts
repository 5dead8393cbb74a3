import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow.ts';
import { PRESETS } from '../../src/flows/index.ts';
import { uniforms } from '../../src/random.ts';
import { testOptions } from '../support/device.ts';
import { roughTable } from '../support/roughTable.ts';

const BOUNDED = ['nice', 'realnvp', 'glow', 'spline'] as const;
const DIRECTIONS = 20;
/** In standard deviations of the data. */
const DISTANCES = [1, 2, 3, 5, 8, 13, 20, 30, 50, 70, 100];

describe.each(BOUNDED)('%s, trained', (preset) => {
  it.each([
    [1, 0],
    [1, 2],
    [2, 0],
    [2, 2],
    [6, 0],
    [13, 0],
    [13, 2],
  ])(
    'has finite results 100 standard deviations out: %i features, %i of context',
    async (dim, contextDim) => {
      const { spec, training } = PRESETS[preset];
      using flow = await Flow.create(spec(dim, { contextDim }), { ...(await testOptions()), seed: 1 });
      const rows = 300;
      const data = roughTable(rows, dim, 1);
      const given = (count: number, seed: number) =>
        contextDim === 0 ? {} : { context: roughTable(count, contextDim, seed) };
      for await (const _ of flow.fit(data, {
        ...training,
        ...given(rows, 2),
        steps: 100,
        batch: 64,
        seed: 1,
      }));
      const far = walk(data, dim);
      const options = given(far.length / dim, 3);
      const { z, logDet } = await flow.forward(far, options);
      const logProb = await flow.logProb(far, options);
      const { x } = await flow.inverse(z, options);
      const latents = await flow.inverse(unitWalk(dim), options);
      for (const values of [z, logDet, logProb, x, latents.x, latents.logDet]) {
        expect(values.filter((value) => !Number.isFinite(value))).toHaveLength(0);
      }
    },
  );
});

/** From rows of the data along random directions. */
function walk(data: Float32Array, dim: number): Float32Array {
  const rows = data.length / dim;
  const means = Array.from({ length: dim }, (_, j) => sumOf(rows, (row) => data[row * dim + j]!) / rows);
  const stds = means.map((mean, j) =>
    Math.sqrt(sumOf(rows, (row) => (data[row * dim + j]! - mean) ** 2) / rows),
  );
  return unitWalk(dim).map((step, i) => {
    const row = Math.floor(i / dim) % rows;
    const j = i % dim;
    return data[row * dim + j]! + step * stds[j]!;
  });
}

/** From 0 along random directions. */
function unitWalk(dim: number): Float32Array {
  const draws = uniforms(5, 1, DIRECTIONS * dim);
  return Float32Array.from({ length: DIRECTIONS * DISTANCES.length * dim }, (_, i) => {
    const step = Math.floor(i / dim);
    const first = Math.floor(step / DISTANCES.length) * dim;
    const direction = Array.from(draws.subarray(first, first + dim), (u) => u - 0.5);
    return (DISTANCES[step % DISTANCES.length]! * direction[i % dim]!) / Math.hypot(...direction);
  });
}

function sumOf(count: number, term: (index: number) => number): number {
  return Array.from({ length: count }, (_, index) => term(index)).reduce((sum, value) => sum + value, 0);
}
