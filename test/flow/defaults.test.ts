import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { PRESETS, realnvp } from '../../src/presets/index.ts';
import { STREAMS } from '../../src/random.ts';
import type { FitOptions, TrainingData } from '../../src/training/options.ts';
import type { FitReport } from '../../src/training/report.ts';
import { testOptions } from '../support/device.ts';

const small = { dim: 2, couplings: 1, hidden: [4] };
const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 200);

describe('a flow that is created from a preset', () => {
  it("is the flow of the preset's spec", async () => {
    const options = await testOptions();
    using flow = await Flow.create(PRESETS.realnvp, { ...small, ...options, seed: 3 });
    using plain = await Flow.create(realnvp(2, { couplings: 1, hidden: [4] }), { ...options, seed: 3 });
    expect(await flow.save()).toEqual(await plain.save());
  });

  it('trains by the settings of the preset, by its own seed and for 3000 steps, if nothing is asked', async () => {
    const options = await testOptions();
    using flow = await Flow.create(PRESETS.vanilla, { ...small, ...options, seed: 3 });
    const report = await firstReport(flow, { toy: 'moons' });
    expect(report.steps).toBe(3000);
    expect(flow.training).toMatchObject({
      seed: 3,
      preset: 'vanilla',
      options: { batch: 512, learningRate: 1e-3, schedule: 'exponential:0.999', clipNorm: 10 },
    });
  });

  it('learns more slowly from few rows, as the command line does', async () => {
    const options = await testOptions();
    using flow = await Flow.create(PRESETS.realnvp, { ...small, ...options });
    await firstReport(flow, rows);
    expect(flow.training!.options).toMatchObject({ learningRate: 1e-3, schedule: 'constant' });
  });

  it('takes what is asked before what the preset says', async () => {
    const options = await testOptions();
    using flow = await Flow.create(PRESETS.realnvp, { ...small, ...options, seed: 3 });
    await firstReport(flow, rows, { learningRate: 0.5, seed: 4, preset: 'mine', steps: 7 });
    expect(flow.training).toMatchObject({
      seed: 4,
      preset: 'mine',
      options: { learningRate: 0.5, clipNorm: 1 },
    });
  });

  it('refuses options of neither the flow nor the preset, and a dimension out of range', async () => {
    const opened = await testOptions();
    const create = (options: object) => Flow.create(PRESETS.spline, { dim: 2, ...opened, ...options });
    await expect(create({ seed: -1 })).rejects.toThrow(/create option seed: found -1/);
    await expect(create({ couplings: -1 })).rejects.toThrow(/spline option couplings: found -1/);
    await expect(create({ colour: 'red' })).rejects.toThrow(/option colour: found an unknown name/);
    await expect(create({ dim: 0 })).rejects.toThrow(ShapeError);
  });

  it('keeps the name of the preset when its run on a toy density resumes from a checkpoint', async () => {
    const options = await testOptions();
    using whole = await Flow.create(PRESETS.realnvp, { ...small, ...options });
    for await (const _ of whole.fit({ toy: 'moons' }, { steps: 4 }));
    using part = await Flow.create(PRESETS.realnvp, { ...small, ...options });
    for await (const _ of part.fit({ toy: 'moons' }, { steps: 4, until: 2 }));
    using resumed = await Flow.load(await part.save({ checkpoint: true }), options);
    for await (const _ of resumed.fit({ toy: 'moons' }, { steps: 4, resume: true }));
    expect(resumed.training!.preset).toBe('realnvp');
    expect(await resumed.save()).toEqual(await whole.save());
  });
});

describe('a flow that is created from a spec', () => {
  it('trains by the plain defaults, if nothing is asked', async () => {
    const options = await testOptions();
    using flow = await Flow.create(realnvp(2, { couplings: 1, hidden: [4] }), { ...options, seed: 3 });
    const report = await firstReport(flow, rows);
    expect(report.steps).toBe(3000);
    expect(flow.training).toMatchObject({
      seed: 0,
      options: { batch: 512, learningRate: 1e-3, schedule: 'constant', clipNorm: 0 },
    });
    expect(flow.training!.preset).toBeUndefined();
  });

  it('goes on, when it resumes, to the steps of the earlier run', async () => {
    const options = await testOptions();
    using flow = await Flow.create(realnvp(2, { couplings: 1, hidden: [4] }), options);
    for await (const _ of flow.fit(rows, { steps: 4, until: 2, validation: false }));
    let last: FitReport | undefined;
    for await (const report of flow.fit(rows, { resume: true })) last = report;
    expect(last).toMatchObject({ step: 4, steps: 4 });
  });
});

async function firstReport(flow: Flow, data: TrainingData, options?: FitOptions): Promise<FitReport> {
  for await (const report of options === undefined ? flow.fit(data) : flow.fit(data, options)) return report;
  throw new Error('no report');
}
