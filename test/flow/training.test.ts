import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { initialParameters } from '../../src/spec/init.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { STREAMS } from '../../src/random.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { RING_SIZE } from '../../src/passes/batch.ts';
import { dataStartPlan } from '../../src/passes/dataStart.ts';
import { ringEntries } from '../../src/passes/rings.ts';
import { PARAMETERS, STEP_CURSOR, STEP_LOSSES, STEP_SCALARS } from '../../src/plan/names.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import type { FitOptions, TrainingData } from '../../src/training/options.ts';
import type { FitReport } from '../../src/training/report.ts';
import { expectClose } from '../support/compare.ts';
import { testGpu, testDevice, testOptions } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';

const small = { couplings: 3, hidden: [16] };
const moons = toyDensity('moons');

it('reports by steps come after the same steps and hold the same numbers, however fast the GPU is', async () => {
  const reported = async (submitMs: number) => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()), seed: 1 });
    const validation = { data: moons.sample(0, STREAMS.toyTest, 0, 20), every: 10 };
    const options = { steps: 25, batch: 16, reportEvery: 7, validation, submitMs };
    const reports = [];
    for await (const { step, nll, losses, validationNll } of flow.fit(moons.sample(0, 0, 0, 64), options))
      reports.push({ step, nll, losses: [...losses], validationNll });
    return reports;
  };
  const slow = await reported(1e-3);
  expect(slow.map(({ step }) => step)).toEqual([7, 10, 14, 20, 21, 25]);
  expect(slow.flatMap(({ losses }) => losses)).toHaveLength(25);
  expect(await reported(1e3)).toEqual(slow);
});

it('the first report says what the flow cannot learn of the rows', async () => {
  const rows = moons.sample(0, STREAMS.toyTest, 0, 100);
  const warningsOf = async (data: Float32Array): Promise<(string | undefined)[]> => {
    using flow = await Flow.create(realnvp(2, small), await testOptions());
    const found = [];
    const columns = ['left', 'right'];
    for await (const { warnings } of flow.fit(data, { steps: 3, batch: 16, columns, reportEvery: 3 })) {
      found.push(warnings?.join());
    }
    expect(found.slice(1).every((warnings) => warnings === undefined)).toBe(true);
    return found.slice(0, 1);
  };
  expect(await warningsOf(rows)).toEqual([undefined]);
  expect(await warningsOf(rows.with(15, 1e38))).toEqual([
    expect.stringMatching(/^right: rows far out \(row 8\)/),
  ]);
  const doubled = rows.map((_, i) => rows[i - (i % 2)] ?? NaN);
  expect(await warningsOf(doubled)).toEqual([expect.stringMatching(/^A column is a linear combination/)]);
});

it('an awaited fit without a loop is an error, and the run can still be looped over', async () => {
  using flow = await Flow.create(realnvp(2), await testOptions());
  const data = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 64);
  const run = flow.fit(data, { steps: 2, batch: 16 });
  await expect(Promise.resolve(run)).rejects.toThrow(
    'fit: found an await without a loop, which trains nothing, expected a loop over the reports. Write: for await',
  );
  const reports = [];
  for await (const report of run) reports.push(report);
  expect(reports.at(-1)!.step).toBe(2);
});

describe('training', () => {
  it.each([
    ['vanilla', vanilla(2, small)],
    ['nice', nice(2, small)],
    ['glow', glow(2, small)],
    ['spline', spline(2, small)],
    [
      'glow given the class',
      { ...glow(2, { ...small, contextDim: 2 }), base: { type: 'class_conditional' } as const },
    ],
  ])('takes the same 50 steps as the f64 executor, loss by loss: %s', async (_preset, spec) => {
    const settings = {
      batch: 96,
      steps: 50,
      learningRate: 1e-3,
      schedule: { kind: 'exponential', decay: 0.999 } as const,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 1,
    };
    const source = {
      kind: 'toy',
      shape: moons.shape,
      noise: moons.noise,
      stream: STREAMS.toyTraining,
      ...(spec.contextDim === 0 ? {} : { classes: spec.contextDim }),
    } as const;
    const layout = paramLayout(spec);
    const plan = trainPlan({ spec, layout }, { source, batch: settings.batch, seed: 5, optimizer: settings });
    const parameters = Float64Array.from(initialParameters(spec, 5));
    const shared = new Map([[PARAMETERS, parameters]]);
    const program = new ReferenceProgram(plan, shared);
    const { cursor, scalars } = ringEntries({ ...settings, source }, 0, settings.steps);
    const start = dataStartPlan({ spec, layout }, { source, batch: settings.batch, seed: 5 });
    if (start !== undefined) {
      const first = new ReferenceProgram(start, shared);
      first.buffer(STEP_CURSOR).set(cursor.subarray(0, 2));
      first.run();
    }
    program.buffer(STEP_CURSOR).set(cursor);
    program.buffer(STEP_SCALARS).set(scalars);
    for (let step = 0; step < settings.steps; step++) program.run();
    const wanted = Array.from({ length: settings.steps }, (_, i) => program.floats(STEP_LOSSES)[2 * i]!);

    using flow = await Flow.create(spec, { ...(await testOptions()), seed: 5 });
    const found = await losses(flow, { toy: 'moons' }, { ...settings, seed: 5 });
    // f32 against f64: the parameters drift apart step by step, and so does the loss.
    found.forEach((nll, step) => expect(Math.abs(nll - wanted[step]!), `step ${step}`).toBeLessThan(1e-3));
    expect(wanted[49]!).toBeLessThan(wanted[0]! - 0.05);
  });

  it('makes no round trip and allocates nothing, step by step', async () => {
    const { buffers } = await testGpu();
    using flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
    const iterator = flow.fit({ toy: 'moons' }, { steps: 500, batch: 64 });
    await iterator.next();
    const before = { ...buffers.counts };
    let last: FitReport | undefined;
    const writes = countQueueWrites(await testDevice());
    for await (const report of iterator) {
      last = report;
      if (report.step === 500) break;
    }
    writes.stop();
    expect(last?.step).toBe(500);
    // Submits grow towards 100 ms, so there are far fewer than one a step; each has one map for its losses.
    expect(buffers.counts.submits - before.submits).toBeLessThan(250);
    expect(buffers.counts.maps - before.maps).toBeLessThan(250);
    // After the start, only the last snapshot (parameters and two moments) is allocated.
    expect(buffers.counts.created - before.created).toBeLessThanOrEqual(3);
    expect(writes.count).toBeLessThan(500);
  });

  it('gives the same bits for the same seed and others for another', async () => {
    const trained = async (seed: number): Promise<Uint8Array> => {
      using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()), seed });
      await losses(flow, { toy: '8gaussians' }, { steps: 30, batch: 65, seed });
      return await flow.save();
    };
    const first = await trained(3);
    expect(await trained(3)).toEqual(first);
    expect(await trained(4)).not.toEqual(first);
  });

  it('gives the same bits however the steps are cut into submits', async () => {
    const trained = async (submitMs: number): Promise<Uint8Array> => {
      using flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
      await losses(flow, table(301), { steps: 40, batch: 50, submitMs, validation: false });
      return await flow.save();
    };
    expect(await trained(1e-3)).toEqual(await trained(1000));
  });

  it('goes on past the end of the ring of steps', async () => {
    using flow = await Flow.create(vanilla(2, { couplings: 1, hidden: [2] }), { ...(await testOptions()) });
    const found = await losses(flow, { toy: 'moons' }, { steps: RING_SIZE + 40, batch: 8 });
    expect(found).toHaveLength(RING_SIZE + 40);
    expect(found.every(Number.isFinite)).toBe(true);
  });

  it('trains on a batch that is larger than a chunk as on one that is not', async () => {
    const device = await testDevice();
    const spec = vanilla(2, { couplings: 1, hidden: [4096] });
    const batch = chunkRowsOf(modelOf(spec)) + 37;
    const rows = table(batch);
    using flow = await Flow.create(spec, { device, tuning: 'fixed', seed: 1 });
    const [first] = await losses(flow, rows, { steps: 1, batch, validation: false });
    using fresh = await Flow.create(spec, { device, tuning: 'fixed', seed: 1 });
    const { nll } = await fresh.gradients(rows);
    expectClose('mean NLL of the whole table', [first!], [nll], 1e-5);
  });

  it('resumes from a checkpoint bit for bit', async () => {
    const device = await testDevice();
    const data = table(200);
    const validation = { data: table(50, 7), every: 6, patience: Infinity };
    const options: FitOptions = { steps: 48, batch: 32, schedule: { kind: 'cosine' }, validation };
    using whole = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    await losses(whole, data, options);

    using begun = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    let checkpoint: Uint8Array | undefined;
    for await (const { step } of begun.fit(data, { ...options, submitMs: 1e-3 })) {
      if (step < 20) continue;
      checkpoint = await begun.save({ checkpoint: true });
      break;
    }
    using resumed = await Flow.load(checkpoint!, { device, tuning: 'fixed' });
    await losses(resumed, data, { steps: 48, validation, resume: true });
    expect(await resumed.save()).toEqual(await whole.save());
  });

  it('measures what scored best anew where it resumes with other validation rows', async () => {
    const { device } = await testOptions();
    using flow = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    const [near, far] = [table(50, 7), table(50, 7).map((value) => 3 * value)];
    await losses(flow, table(200), { steps: 12, batch: 32, validation: { data: near, every: 6 } });
    const known = -mean(await flow.logProb(far));
    // Too slow for any step to change a score much.
    const validation = { data: far, every: 1 };
    const more = { steps: 14, learningRate: 1e-9, resume: true, newData: true, validation };
    for await (const { bestValidationNll } of flow.fit(table(200), more)) {
      expectClose('best score', [bestValidationNll!], [known], 1e-3);
    }
  });

  it('keeps the parameters that scored best on the validation rows, and stops when patience ends', async () => {
    using flow = await Flow.create(realnvp(2, { couplings: 4, hidden: [32] }), {
      ...(await testOptions()),
    });
    const validation = { data: table(40, 99), every: 5, patience: 3 };
    const [scores, bests]: [number[], number[]] = [[], []];
    let steps = 0;
    // Twelve rows are soon memorised, so the validation score turns.
    for await (const report of flow.fit(table(12), {
      steps: 2000,
      batch: 12,
      learningRate: 1e-2,
      validation,
    })) {
      if (report.validationNll !== undefined) {
        scores.push(report.validationNll);
        bests.push(report.bestValidationNll!);
      }
      steps = report.step;
    }
    expect(steps).toBeLessThan(2000);
    const best = bests.at(-1)!;
    expect(scores.length - 1 - scores.indexOf(best)).toBe(3);
    // A better mean is skipped only if luck explains it.
    expect(best).toBeLessThan(Math.min(...scores) + 0.5);
    const logProb = await flow.logProb(validation.data);
    expectClose('score', [-mean(logProb)], [best], 1e-6);
  });

  it('ends by patience where no score is finite', async () => {
    const spec: FlowSpec = {
      ...spline(2, { couplings: 1, hidden: [4] }),
      base: { type: 'uniform', bound: 3 },
    };
    using flow = await Flow.create(spec, { ...(await testOptions()), data: table(40) });
    // So far out that the spline is the identity, and the density of the box is 0.
    const validation = { data: Float32Array.of(1e3, -1e3), every: 2, patience: 3 };
    let steps = 0;
    for await (const report of flow.fit(table(40), { steps: 100, batch: 16, validation })) {
      steps = report.step;
      expect(report.bestValidationNll).toBeUndefined();
    }
    expect(steps).toBe(6);
  });

  it('stops at a signal, keeps the steps that were done and can be used afterwards', async () => {
    using flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
    const controller = new AbortController();
    let steps = 0;
    const run = async (): Promise<void> => {
      for await (const report of flow.fit(
        { toy: 'moons' },
        { steps: 1e6, batch: 32, signal: controller.signal },
      )) {
        steps = report.step;
        if (steps >= 10) controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(steps).toBeGreaterThanOrEqual(10);
    expect(flow.training?.steps).toBeGreaterThanOrEqual(steps);
    expect(await flow.logProb(table(3))).toHaveLength(3);
  });

  it('leaves no buffer behind', async () => {
    const { buffers } = await testGpu();
    const { live, liveBytes } = buffers.counts;
    {
      using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
      const data = table(100);
      await losses(flow, data, { steps: 4, batch: 16, validation: { data } });
      for await (const _ of flow.fit({ toy: 'circles' }, { steps: 100, batch: 16 })) break;
      await flow.gradients(data);
      await flow.sampleAndLogProb(10);
      await flow.save();
    }
    expect(buffers.counts.live).toBe(live);
    expect(buffers.counts.liveBytes).toBe(liveBytes);
  });

  it('learns two moons', async () => {
    using flow = await Flow.create(realnvp(2, { couplings: 8, hidden: [16, 16] }), {
      ...(await testOptions()),
    });
    await losses(
      flow,
      { toy: 'moons' },
      {
        steps: 400,
        batch: 256,
        learningRate: 1e-2,
        schedule: { kind: 'cosine' },
        clipNorm: 1,
      },
    );
    const logProb = await flow.logProb(moons.sample(0, STREAMS.toyTest, 0, 4096));
    const nll = -mean(logProb);
    expect(nll).toBeLessThan(1.5);
    expect(nll).toBeGreaterThan(moons.entropy - 0.05);
  });
});

async function losses(flow: Flow, data: TrainingData, options: FitOptions): Promise<number[]> {
  const all: number[] = [];
  for await (const report of flow.fit(data, options)) all.push(...report.losses);
  return all;
}

function table(rows: number, seed = 0): Float32Array {
  return moons.sample(seed, STREAMS.toyTest, 0, rows);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function countQueueWrites(device: GPUDevice): { readonly count: number; stop: () => void } {
  const original = device.queue.writeBuffer.bind(device.queue);
  let count = 0;
  device.queue.writeBuffer = (...args: Parameters<typeof original>) => {
    count++;
    return original(...args);
  };
  return {
    get count() {
      return count;
    },
    stop: () => {
      device.queue.writeBuffer = original;
    },
  };
}
