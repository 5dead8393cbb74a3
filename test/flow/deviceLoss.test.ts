import { describe, expect, it, vi } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { DeviceLostError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { openDevice } from '../../src/node.ts';
import { glow, realnvp } from '../../src/presets/index.ts';
import { normals, STREAMS } from '../../src/random.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { testOptions } from '../support/device.ts';
import { faultyDevice } from '../support/faultyDevice.ts';

const spec = realnvp(2, { couplings: 2, hidden: [8] });
const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 300);
/** Rows that training on the moons makes less and less likely. */
const GAUSSIAN = Float32Array.from(normals(0, STREAMS.toyTest, 400));
const asked: FitOptions = { steps: 60, batch: 32, learningRate: 5e-3, submitMs: 1e-3, averageDecay: 0.99 };

describe('a lost device', () => {
  it('is replaced, and the calls that it failed run once more', async () => {
    using wanted = await Flow.create(spec, { ...(await testOptions()), seed: 3, data: rows });
    using flow = await ownFlow({ data: rows });
    const before = flow.device;
    await flow.logProb(rows);
    before.destroy();
    const devices = new Set<GPUDevice>();
    const calls = await Promise.all([
      flow.logProb(rows).finally(() => devices.add(flow.device)),
      flow.forward(rows),
      flow.sample(10, { seed: 1 }),
      flow.gradients(rows),
      flow.parameters(),
      flow.save().finally(() => devices.add(flow.device)),
    ]);
    expect(devices.size).toBe(1);
    expect(calls).toEqual([
      await wanted.logProb(rows),
      await wanted.forward(rows),
      await wanted.sample(10, { seed: 1 }),
      await wanted.gradients(rows),
      await wanted.parameters(),
      await wanted.save(),
    ]);
    expect(flow.device).not.toBe(before);
    flow.device.destroy();
    expect(await flow.logProb(rows)).toEqual(calls[0]);
  });

  it('fails no call at any moment', async () => {
    using flow = await ownFlow({ data: rows });
    const wanted = await flow.logProb(rows);
    for (const wait of [0, 0, 1, 2, 5, 10]) {
      const call = flow.logProb(rows);
      const { device } = flow;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      device.destroy();
      expect(await call).toEqual(wanted);
    }
  });

  it.each<[string, FitOptions]>([
    ['with scores', asked],
    ['without scores', { ...asked, validation: false }],
    ['with gradient descent', { ...asked, optimizer: 'sgd', averageDecay: 0 }],
  ])('leaves the training, its losses and its result as they would be: %s', async (_, options) => {
    const wanted = await trained(options, 0);
    for (const step of [1, 17, 45]) {
      const found = await trained(options, step);
      expect(found.losses).toEqual(wanted.losses);
      expect(found.checkpoint).toEqual(wanted.checkpoint);
      expect(found.warnings.join()).toMatch(
        /The GPU device was lost \(destroyed\)\. Training (went on|started)/,
      );
    }
  });

  it.each<[string, FitOptions]>([
    ['with scores', asked],
    ['without scores', { ...asked, validation: false }],
    ['with few reports', { ...asked, validation: false, reportEvery: 20 }],
  ])('leaves the training as it would be from a later snapshot too: %s', async (_, options) => {
    const clock = hastyClock();
    try {
      const wanted = await trained(options, 0);
      const found = await trained(options, 20);
      expect(found.warnings.join()).toMatch(/Training went on from step [1-9]/);
      expect(found.losses).toEqual(wanted.losses);
      expect(found.means).toEqual(wanted.means);
      expect(found.scores).toEqual(wanted.scores);
      expect(found.checkpoint).toEqual(wanted.checkpoint);
    } finally {
      clock.mockRestore();
    }
  });

  it('leaves a state to save while there is no device', async () => {
    using flow = await ownFlow();
    const files: Uint8Array[] = [];
    for await (const { step } of flow.fit(rows, asked)) {
      if (step === 10) flow.device.destroy();
      if (step === 10) files.push(await flow.save({ checkpoint: true }), await flow.save());
    }
    const wanted = await flow.save();
    const [checkpoint, model] = files;
    expect(decodeModel(model!).training?.steps).toBe(decodeModel(checkpoint!).training?.steps);
    using resumed = await Flow.load(checkpoint!, await testOptions());
    for await (const _ of resumed.fit(rows, { ...asked, resume: true }));
    expect(await resumed.save()).toEqual(wanted);
  });

  it.each<[string, FitOptions]>([
    ['the best', { ...asked, learningRate: 5e-2, validation: { data: GAUSSIAN, patience: Infinity } }],
    ['the last', { ...asked, validation: false }],
  ])('after training leaves the parameters of it, %s', async (_, options) => {
    using flow = await ownFlow();
    for await (const _ of flow.fit(rows, options));
    const { steps, validation } = flow.training ?? {};
    expect(validation?.bestStep).not.toBe(steps);
    const [parameters, logProb] = [await flow.parameters(), await flow.logProb(rows)];
    flow.device.destroy();
    expect(await flow.logProb(rows)).toEqual(logProb);
    expect(await flow.parameters()).toEqual(parameters);
  });

  it('after parameters were set leaves these', async () => {
    using flow = await ownFlow({ data: rows });
    await flow.setParameters({ 'bijectors.0.mean': [1, 2] });
    const logProb = await flow.logProb(rows);
    flow.device.destroy();
    expect(await flow.logProb(rows)).toEqual(logProb);
  });

  it('leaves a run that the caller steps as it would be', async () => {
    const stepped = async (losses: boolean): Promise<Uint8Array> => {
      using flow = await ownFlow();
      await using run = await flow.train(rows, asked);
      await run.steps(10);
      if (losses) flow.device.destroy();
      expect((await run.steps(5)).step).toBe(15);
      if (losses) flow.device.destroy();
      const score = await run.score();
      if (losses) flow.device.destroy();
      await run.steps(20);
      await run.end();
      expect(score).toBeGreaterThan(0);
      return await flow.save({ checkpoint: true });
    };
    expect(await stepped(true)).toEqual(await stepped(false));
  });

  it('that is lost again and again ends the training with what there is', async () => {
    using flow = await ownFlow();
    const run = async (): Promise<void> => {
      const fit = flow.fit(rows, asked);
      await fit.next();
      const timer = setInterval(() => flow.device.destroy(), 1);
      try {
        for await (const _ of fit);
      } finally {
        clearInterval(timer);
      }
    };
    await expect(run()).rejects.toThrow(DeviceLostError);
    expect((await flow.logProb(rows)).every(Number.isFinite)).toBe(true);
  });

  it('that came from elsewhere ends calls and training; the flow can be saved', async () => {
    const { device } = faultyDevice(await openDevice());
    using flow = await Flow.create(spec, { device, tuning: 'fixed', seed: 3 });
    const best: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { step, bestValidationNll } of flow.fit(rows, { ...asked, steps: 1e6 })) {
        best.push(bestValidationNll!);
        if (step > 30) device.destroy();
      }
    };
    await expect(run()).rejects.toThrow(DeviceLostError);
    await expect(flow.logProb(rows)).rejects.toThrow(DeviceLostError);
    using saved = await Flow.load(await flow.save({ checkpoint: true }), await testOptions());
    expect(best).toContain(saved.training?.bestValidationNll);
    expect((await saved.logProb(rows)).every(Number.isFinite)).toBe(true);
  });

  it('leaves the parameters of the last snapshot to save', async () => {
    const clock = hastyClock();
    try {
      const { device } = faultyDevice(await openDevice());
      using flow = await Flow.create(spec, { device, tuning: 'fixed', seed: 3, data: rows });
      const before = await flow.parameters();
      const run = async (): Promise<void> => {
        for await (const { step } of flow.fit(rows, { ...asked, validation: false })) {
          if (step === 30) device.destroy();
        }
      };
      await expect(run()).rejects.toThrow(DeviceLostError);
      const saved = decodeModel(await flow.save());
      expect(saved.training?.steps).toBeGreaterThan(0);
      expect(saved.parameters).toEqual(decodeModel(await flow.save({ checkpoint: true })).parameters);
      using opened = await Flow.load(await flow.save(), await testOptions());
      expect(await opened.parameters()).not.toEqual(before);
    } finally {
      clock.mockRestore();
    }
  });
});

describe('a device that is lost while a flow is opened', () => {
  it('is replaced', async () => {
    using wanted = await Flow.create(spec, { ...(await testOptions()), seed: 3, data: rows });
    const lost = [await openDevice(), await openDevice(), await openDevice()] as const;
    for (const device of lost) device.destroy();
    using created = await Flow.create(spec, { device: lost[0], tuning: 'fixed', seed: 3, data: rows });
    using loaded = await Flow.load(await wanted.save(), { device: lost[1], tuning: 'fixed' });
    const creating = Flow.create(spec, { device: await openDevice(), tuning: 'fixed', seed: 3, data: rows });
    using clone = await created.clone();
    using last = await creating;
    for (const flow of [created, loaded, clone, last]) {
      expect(await flow.logProb(rows)).toEqual(await wanted.logProb(rows));
    }
    expect(created.device).not.toBe(lost[0]);
  });

  it('and came from elsewhere is not', async () => {
    const { device } = faultyDevice(await openDevice());
    device.destroy();
    await expect(Flow.create(spec, { device, tuning: 'fixed' })).rejects.toThrow(DeviceLostError);
  });
});

it('a pass of a lost device says what to do', async () => {
  using flow = await ownFlow({ data: rows });
  const pass = await flow.pass('logProb', { rows: 4 });
  flow.device.destroy();
  await flow.logProb(rows);
  expect(() => pass.encode(flow.device.createCommandEncoder())).toThrow(
    /device was lost .* make another one by flow\.pass\(\)/,
  );
  pass.dispose();
  using again = await flow.pass('logProb', { rows: 4 });
  again.encode(flow.device.createCommandEncoder());
});

it('devices of clones are replaced once for all of them', async () => {
  using flow = await Flow.create(glow(2, { couplings: 2, hidden: [4] }), {
    device: await openDevice(),
    tuning: 'fixed',
  });
  using clone = await flow.clone();
  const wanted = await flow.logProb(rows);
  flow.device.destroy();
  expect(await Promise.all([flow.logProb(rows), clone.logProb(rows)])).toEqual([wanted, wanted]);
  expect(clone.device).toBe(flow.device);
});

/** Each look at this clock is five seconds later, so that a snapshot is due after every step. */
function hastyClock() {
  let now = 0;
  return vi.spyOn(performance, 'now').mockImplementation(() => (now += 5000));
}

async function ownFlow(options: { data?: Float32Array } = {}): Promise<Flow> {
  return Flow.create(spec, { device: await openDevice(), tuning: 'fixed', seed: 3, ...options });
}

/** Trains with a device that is destroyed after a report from step `lostAt` on; 0 for never. */
async function trained(options: FitOptions, lostAt: number) {
  using flow = await ownFlow();
  const [losses, means, scores, warnings] = [[] as number[], [] as number[], [] as number[], [] as string[]];
  let isLost = lostAt === 0;
  for await (const report of flow.fit(rows, options)) {
    losses.push(...report.losses);
    if (report.validationNll !== undefined) scores.push(report.validationNll);
    if (report.step % 20 === 0) means.push(report.nll);
    warnings.push(...(report.warnings ?? []));
    if (!isLost && report.step >= lostAt) flow.device.destroy();
    isLost ||= report.step >= lostAt;
  }
  return { losses, means, scores, warnings, checkpoint: await flow.save({ checkpoint: true }) };
}
