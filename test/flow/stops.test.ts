import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glow, realnvp } from '../../src/presets/index.ts';
import { STREAMS, uniformDraws } from '../../src/random.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { testOptions } from '../support/device.ts';

const moons = toyDensity('moons');
const rows = moons.sample(0, STREAMS.toyTest, 0, 300);
const validation = { data: moons.sample(1, STREAMS.toyTest, 0, 5000), every: 3, patience: 12 };
const plain: FitOptions = { steps: 90, batch: 32, learningRate: 2e-2, submitMs: 1e-3 };
const plateau = { kind: 'plateau', factor: 0.5, patience: 2 } as const;

describe('a run that is stopped at any moment, in a step or in a score', () => {
  it.each<[string, FitOptions]>([
    ['with rows to score and patience', { ...plain, validation }],
    ['with held-out rows and a plateau', { ...plain, schedule: plateau, averageDecay: 0.9 }],
    ['without scores', { ...plain, validation: false }],
  ])('ends like one that is not, %s', async (_, options) => {
    const wanted = await run(options, () => Infinity);
    const draw = uniformDraws(1, STREAMS.init);
    // Longer and longer, so that a slow machine gets through too.
    const found = await run(options, (part) => 10 * 1.3 ** part * draw());
    expect(found.stops).toBeGreaterThan(0);
    expect(found.checkpoint).toEqual(wanted.checkpoint);
    expect(found.model).toEqual(wanted.model);
  });

  it('is read while it runs, and the file continues to the same result', async () => {
    const options = { ...plain, validation };
    const spec = glow(2, { couplings: 2, hidden: [4] });
    using flow = await Flow.create(spec, { ...(await testOptions()), seed: 2 });
    const saving: Promise<Uint8Array>[] = [];
    for await (const { step } of flow.fit(rows, options)) {
      // Not awaited: training goes on while the state is read.
      if (step % 20 === 1) saving.push(flow.save({ checkpoint: true }));
    }
    const wanted = await flow.save();
    expect(saving.length).toBeGreaterThan(1);
    for (const file of await Promise.all(saving)) {
      using resumed = await Flow.load(file, await testOptions());
      for await (const _ of resumed.fit(rows, { ...options, resume: true }));
      expect(await resumed.save()).toEqual(wanted);
    }
  });
});

/** Trains in as many parts as it takes, each stopped after `partMs` ms and loaded from its checkpoint. */
async function run(options: FitOptions, partMs: (part: number) => number) {
  const spec = realnvp(2, { couplings: 2, hidden: [8] });
  let flow = await Flow.create(spec, { ...(await testOptions()), seed: 2 });
  try {
    for (let stops = 0; ; stops++) {
      const stopped = new AbortController();
      const ms = partMs(stops);
      const timer = ms === Infinity ? undefined : setTimeout(() => stopped.abort(new Error('stop')), ms);
      const resume = flow.training !== undefined;
      try {
        for await (const _ of flow.fit(rows, { ...options, resume, signal: stopped.signal }));
        return { stops, checkpoint: await flow.save({ checkpoint: true }), model: await flow.save() };
      } catch (error) {
        if (!stopped.signal.aborted) throw error;
      } finally {
        clearTimeout(timer);
      }
      if (flow.training === undefined) continue;
      const file = await flow.save({ checkpoint: true });
      flow.dispose();
      flow = await Flow.load(file, await testOptions());
    }
  } finally {
    flow.dispose();
  }
}
