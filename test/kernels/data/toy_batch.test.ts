import { describe, expect, it } from 'vitest';
import { TOY_NAMES, toyDensity } from '../../../src/data/toy.ts';
import type { ToyName } from '../../../src/data/toy.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { toyBatch } from '../../../src/kernels/data/toy_batch.ts';
import { STREAMS } from '../../../src/random.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';

const F32_BOUND = 1e-5;
const RING = 4;

describe.each(TOY_NAMES.filter((name) => toyDensity(name).dim === 2))('toy_batch of %s', (name) => {
  it.each([1, 63, 64, 65, 1025])('matches its twin at %i rows', async (rows) => {
    const { gpu, twin } = await runBoth([draw(name, rows)], contents(rows));
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('makes the points that the density makes on the CPU', async () => {
    const { gpu } = await runBoth([draw(name, 65)], { ...contents(65), step_cursor: cursor(0, 7) });
    const points = toyDensity(name).sample(42, STREAMS.toyTraining, 7, 65);
    expectClose(
      'x',
      gpu('state').slice(0, 65),
      points.filter((_, i) => i % 2 === 0),
      F32_BOUND,
    );
    expectClose(
      'y',
      gpu('state').slice(65),
      points.filter((_, i) => i % 2 === 1),
      F32_BOUND,
    );
  });

  it('tells the class of each point, one-hot, and leaves the points as they are', async () => {
    const { classes } = toyDensity(name);
    const { gpu, twin } = await runBoth(
      [draw(name, 257), draw(name, 257, { state: 'points', classes, context: 'context' })],
      { ...contents(257), points: 2 * 257, context: classes * 257 },
    );
    expect(gpu('points')).toEqual(gpu('state'));
    expect([...gpu('context')]).toEqual([...twin('context')]);
    const rows = toyDensity(name).sampleClasses(42, STREAMS.toyTraining, 0, 257);
    gpu('context').forEach((value, i) => expect(value).toBe(rows[(i % 257) * classes + Math.floor(i / 257)]));
    const counts = Array.from(
      { length: classes },
      (_, c) => [...rows].filter((v, i) => v === 1 && i % classes === c).length,
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(257);
    // The points are spread evenly over the components.
    for (const count of counts) expect(Math.abs(count - 257 / classes)).toBeLessThan(4);
  });

  it('gives the same bits to the same seed, and others to another seed or stream', async () => {
    const { gpu } = await runBoth(
      [
        draw(name, 65),
        draw(name, 65, { state: 'again' }),
        draw(name, 65, { state: 'test', stream: STREAMS.toyTest }),
        draw(name, 65, { state: 'other', seed: 43 }),
      ],
      { ...contents(65), again: 130, test: 130, other: 130 },
    );
    expect(gpu('again')).toEqual(gpu('state'));
    expect(gpu('test')).not.toEqual(gpu('state'));
    expect(gpu('other')).not.toEqual(gpu('state'));
  });

  // Four standard errors.
  it('makes points with mean 0 and standard deviation 1', async () => {
    const rows = 20_000;
    const { gpu } = await runBoth([draw(name, rows)], contents(rows));
    for (const column of [gpu('state').slice(0, rows), gpu('state').slice(rows)]) {
      const sum = [...column].reduce((a, b) => a + b, 0);
      const sumSquares = [...column].reduce((a, b) => a + b * b, 0);
      const fourth = [...column].reduce((a, b) => a + b ** 4, 0) / rows;
      expect(Math.abs(sum / rows)).toBeLessThan(4 / Math.sqrt(rows));
      expect(Math.abs(sumSquares / rows - 1)).toBeLessThan(4 * Math.sqrt((fourth - 1) / rows));
    }
  });
});

describe('toy_batch', () => {
  it.each([
    ['across 2^32', 0, 2 ** 32 - 20],
    ['half way to 2^32', 0, 2 ** 31 + 5],
    ['far above 2^32', 77, 123],
  ])('matches its twin at point indices %s', async (_, high, low) => {
    const { gpu, twin } = await runBoth([draw('moons', 65)], {
      ...contents(65),
      step_cursor: cursor(high, low),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('continues where the cursor of the step says, whatever the split of the batch', async () => {
    const whole = await runBoth([draw('moons', 100)], {
      ...contents(100),
      step_cursor: cursor(1, 2 ** 32 - 50),
    });
    // Step 7 of a ring of 4 is slot 3.
    const tail = await runBoth([draw('moons', 30, { rowStart: 70 })], {
      ...contents(30),
      step_state: Uint32Array.of(7),
      step_cursor: Uint32Array.of(9, 9, 9, 9, 9, 9, 1, 2 ** 32 - 50),
    });
    for (const c of [0, 1]) {
      const tail30 = tail.gpu('state').slice(c * 30, (c + 1) * 30);
      expect(tail30).toEqual(whole.gpu('state').slice(c * 100 + 70, (c + 1) * 100));
    }
  });

  it.each([
    ['moons', 0.2],
    ['circles', 0.01],
    ['8gaussians', 1],
    ['pinwheel', 0.3],
    ['spirals', 0.3],
  ] as const)('matches its twin for %s with the noise %d', async (name, noise) => {
    const { gpu, twin } = await runBoth([draw(name, 257, { noise })], contents(257));
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });
});

function draw(name: ToyName, rows: number, more: Partial<Parameters<typeof toyBatch>[0]> = {}): Dispatch {
  const { shape, noise } = toyDensity(name);
  return toyBatch({
    rows,
    rowStart: 0,
    seed: 42,
    shape,
    noise,
    stream: STREAMS.toyTraining,
    ringSize: RING,
    stepState: 'step_state',
    stepCursor: 'step_cursor',
    state: 'state',
    ...more,
  });
}

function contents(rows: number): BufferContents {
  return { step_state: Uint32Array.of(0), step_cursor: cursor(0, 0), state: 2 * rows };
}

/** The first slot's point index; the other slots hold something else. */
function cursor(high: number, low: number): Uint32Array {
  return Uint32Array.of(high, low, 9, 9, 9, 9, 9, 9);
}
