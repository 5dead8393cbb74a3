/** The distribution of held-out rows that a run leaves in the model. */
import { describe, expect, it } from 'vitest';
import { heldOutOf } from '../../src/data/heldOut.ts';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { realnvp } from '../../src/presets/index.ts';
import { normals } from '../../src/random.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';

const spec = realnvp(2, { couplings: 2, hidden: [8] });
const OPTIONS: FitOptions = { batch: 32, steps: 20, validation: { fraction: 0.25, every: 5 } };

describe('a model with validation rows', () => {
  it('has the log p of these rows under the best parameters', async () => {
    using flow = await fresh();
    const held = points(60, 2);
    // A rate that makes every step worse than the start.
    await fit(flow, points(), { ...OPTIONS, learningRate: 0.5, validation: { data: held, every: 5 } });
    const { heldOut, validation } = flow.training!;
    expect(validation!.bestStep).toBeLessThan(20);
    expect(heldOut!.rows).toBe(60);
    expectClose('log p', heldOut!.logProb, (await flow.logProb(held)).sort(), 1e-5);
  });

  it('has the log-masses of cells by the points of logProb', async () => {
    const held = points(60, 2).map(Math.floor);
    const widths = new Float32Array(held.length).fill(1);
    const rows = points().map(Math.floor);
    using flow = await fresh();
    await fit(flow, rows, {
      ...OPTIONS,
      widths: new Float32Array(rows.length).fill(1),
      validation: { data: held, widths },
    });
    const expected = heldOutOf(await flow.logProb(held, { widths }))!;
    expectClose('log-mass', flow.training!.heldOut!.logProb, expected.logProb, 1e-5);
  });

  it('has them again after a load, and its checkpoint does not: its parameters are the last ones', async () => {
    using flow = await fresh();
    await fit(flow, points(), OPTIONS);
    const model = decodeModel(await flow.save());
    expect(model.training!.heldOut).toEqual(flow.training!.heldOut);
    expect(decodeModel(await flow.save({ checkpoint: true })).training!.heldOut).toBeUndefined();
  });

  it('is the same after a run that was interrupted and resumed', async () => {
    using whole = await fresh();
    await fit(whole, points(), OPTIONS);
    using begun = await fresh();
    await fit(begun, points(), { ...OPTIONS, until: 7 });
    const { device } = await testOptions();
    using resumed = await Flow.load(await begun.save({ checkpoint: true }), { device, tuning: 'fixed' });
    await fit(resumed, points(), { ...OPTIONS, resume: true });
    expect(resumed.training!.heldOut!.rows).toBe(50);
    expect(await resumed.save()).toEqual(await whole.save());
  });

  it('has those of its own rows after fine-tuning, or none', async () => {
    using flow = await fresh();
    await fit(flow, points(), OPTIONS);
    await fit(flow, points(80, 3), OPTIONS);
    expect(flow.training!.heldOut!.rows).toBe(20);
    await fit(flow, points(80, 3), { ...OPTIONS, validation: false });
    expect(flow.training!.heldOut).toBeUndefined();
  });

  it('loses them when its parameters are changed by hand', async () => {
    using flow = await fresh();
    await fit(flow, points(), OPTIONS);
    using copy = await flow.clone();
    expect(copy.training!.heldOut).toEqual(flow.training!.heldOut);
    await flow.setParameters(await flow.parameters());
    expect(flow.training!.heldOut).toBeUndefined();
    expect(flow.training!.validation!.rows).toBe(50);
  });
});

async function fresh(): Promise<Flow> {
  return Flow.create(spec, { ...(await testOptions()), tuning: 'fixed', seed: 1 });
}

async function fit(flow: Flow, rows: Float32Array, options: FitOptions): Promise<void> {
  for await (const _ of flow.fit(rows, options));
}

/** [rows, 2] */
function points(rows = 200, seed = 1): Float32Array {
  return Float32Array.from(normals(seed, 9, 2 * rows), (value) => 3 * value);
}
