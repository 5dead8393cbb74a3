import { describe, expect, it } from 'vitest';
import { TOY_NAMES, toyDensity } from '../../../src/data/toy.ts';
import type { ToyName } from '../../../src/data/toy.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { toyVectorBatch } from '../../../src/kernels/data/toy_vector_batch.ts';
import { STREAMS } from '../../../src/random.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';

const F32_BOUND = 1e-5;
const RING = 4;

describe.each(TOY_NAMES.filter((name) => toyDensity(name).dim > 2))('toy_vector_batch of %s', (name) => {
  const { dim } = toyDensity(name);

  it.each([1, 63, 64, 65, 1025])('matches its twin at %i rows', async (rows) => {
    const { gpu, twin } = await runBoth([draw(name, rows)], contents(dim * rows));
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('matches its twin at point indices across 2^32', async () => {
    const { gpu, twin } = await runBoth([draw(name, 65)], {
      ...contents(dim * 65),
      step_cursor: cursor(77, 2 ** 32 - 20),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('makes the points that the density makes on the CPU', async () => {
    const { gpu } = await runBoth([draw(name, 65)], { ...contents(dim * 65), step_cursor: cursor(0, 7) });
    const points = toyDensity(name).sample(42, STREAMS.toyTraining, 7, 65);
    for (let j = 0; j < dim; j++) {
      const column = points.filter((_, i) => i % dim === j);
      expectClose(`feature ${j}`, gpu('state').slice(j * 65, (j + 1) * 65), column, F32_BOUND);
    }
  });

  it('gives the same bits to the same seed, and others to another seed or stream', async () => {
    const { gpu } = await runBoth(
      [
        draw(name, 65),
        draw(name, 65, { state: 'again' }),
        draw(name, 65, { state: 'test', stream: STREAMS.toyTest }),
        draw(name, 65, { state: 'other', seed: 43 }),
      ],
      { ...contents(dim * 65), again: dim * 65, test: dim * 65, other: dim * 65 },
    );
    expect(gpu('again')).toEqual(gpu('state'));
    expect(gpu('test')).not.toEqual(gpu('state'));
    expect(gpu('other')).not.toEqual(gpu('state'));
  });
});

describe('toy_vector_batch', () => {
  it('continues where the cursor of the step says, whatever the split of the batch', async () => {
    const whole = await runBoth([draw('mixture6', 100)], {
      ...contents(600),
      step_cursor: cursor(1, 2 ** 32 - 50),
    });
    // Step 7 of a ring of 4 is slot 3.
    const tail = await runBoth([draw('mixture6', 30, { rowStart: 70 })], {
      ...contents(180),
      step_state: Uint32Array.of(7),
      step_cursor: Uint32Array.of(9, 9, 9, 9, 9, 9, 1, 2 ** 32 - 50),
    });
    for (let j = 0; j < 6; j++) {
      const tail30 = tail.gpu('state').slice(j * 30, (j + 1) * 30);
      expect(tail30).toEqual(whole.gpu('state').slice(j * 100 + 70, (j + 1) * 100));
    }
  });

  it('matches its twin for mixture6 with the noise 0.1', async () => {
    const { gpu, twin } = await runBoth([draw('mixture6', 257, { noise: 0.1 })], contents(6 * 257));
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });
});

function draw(
  name: ToyName,
  rows: number,
  more: Partial<Parameters<typeof toyVectorBatch>[0]> = {},
): Dispatch {
  const { shape, noise } = toyDensity(name);
  return toyVectorBatch({
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

function contents(elements: number): BufferContents {
  return { step_state: Uint32Array.of(0), step_cursor: cursor(0, 0), state: elements };
}

/** The first slot's point index; the other slots hold something else. */
function cursor(high: number, low: number): Uint32Array {
  return Uint32Array.of(high, low, 9, 9, 9, 9, 9, 9);
}
