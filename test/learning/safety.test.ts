import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { Flow } from '../../src/flow/flow.ts';
import { PRESETS } from '../../src/presets/index.ts';
import { trainingFor } from '../../src/presets/preset.ts';
import { normals, STREAMS } from '../../src/random.ts';
import { testOptions } from '../support/device.ts';

const NAMES = ['realnvp', 'glow', 'nice', 'spline'] as const;
const ROWS = 20_000;

describe.each(NAMES)('%s, trained on 20,000 rows of eight Gaussians', (name) => {
  it('gives none of 20,000 other rows next to nothing', async () => {
    const toy = toyDensity('8gaussians');
    const preset = PRESETS[name];
    using flow = await Flow.create(preset, { dim: 2, ...(await testOptions()), seed: 2 });
    const rows = toy.sample(2, STREAMS.toyTraining, 0, ROWS);
    const options = { ...trainingFor(preset, 2, ROWS), steps: 150, batch: 256, seed: 2 };
    for await (const _ of flow.fit(rows, options));
    const heldOut = await flow.logProb(toy.sample(2, STREAMS.toyTest, 0, ROWS));
    expect(Math.min(...heldOut)).toBeGreaterThan(-60);
    expectFiniteAway(await flow.logProb(walk(2)));
  });
});

describe.each(NAMES)('%s, trained on 200 rows of three features', (name) => {
  it('has a finite density from the data out to 100 standard deviations', async () => {
    const preset = PRESETS[name];
    const { shape, training } = preset.size(180, 3);
    using flow = await Flow.create(preset, { dim: 3, ...shape, ...(await testOptions()), seed: 3 });
    const rows = normals(3, STREAMS.toyTest, 3 * 200);
    for await (const _ of flow.fit(Float32Array.from(rows), { ...training, steps: 60 }));
    expectFiniteAway(await flow.logProb(walk(3)));
  });
});

/** Rows along 50 random directions, up to 100 standard deviations from the data. */
function walk(dim: number): Float32Array {
  const radii = [1, 3, 10, 30, 100];
  const directions = normals(4, STREAMS.toyTest, 50 * dim);
  return Float32Array.from({ length: 50 * radii.length * dim }, (_, i) => {
    const direction = Math.floor(i / (radii.length * dim));
    const own = directions.subarray(direction * dim, (direction + 1) * dim);
    const length = Math.hypot(...own);
    return ((radii[Math.floor(i / dim) % radii.length] ?? NaN) * (own[i % dim] ?? NaN)) / length;
  });
}

function expectFiniteAway(logProb: Float32Array): void {
  expect(logProb.filter((value) => !Number.isFinite(value))).toHaveLength(0);
}
