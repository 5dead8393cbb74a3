import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { TrainingDivergedError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp, vanilla } from '../../src/presets/index.ts';
import { STREAMS } from '../../src/random.ts';
import type { FitOptions, TrainingData } from '../../src/training/options.ts';
import type { FitReport } from '../../src/training/report.ts';
import { testOptions } from '../support/device.ts';

const UNBOUNDED = vanilla(2, { couplings: 4, hidden: [8, 8] });
/** Far too large for unbounded scales. */
const TOO_LARGE: FitOptions = { steps: 120, batch: 64, learningRate: 1, reportEvery: 40 };

describe('divergence', () => {
  it('goes back to the last good weights, with a quarter of the learning rate, and goes on', async () => {
    using flow = await freshFlow();
    const reports = await reportsOf(flow, { ...TOO_LARGE, steps: 300 });
    const warnings = reports.flatMap((report) => report.warnings ?? []);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings[0]).toMatch(
      /^The (loss|gradient) of step \d+ is not finite\. Training went back to the weights of step 0, and goes on with a quarter of the learning rate\.$/,
    );
    const last = reports.at(-1)!;
    expect(last.step).toBe(300);
    expect(last.learningRate).toBeCloseTo(0.25 ** warnings.length);
    const losses = reports.flatMap((report) => [...report.losses]);
    expect(losses).toHaveLength(300);
    expect(last.skippedSteps).toBeGreaterThanOrEqual(losses.filter((nll) => !Number.isFinite(nll)).length);
    expect(last.nll).toBeLessThan(3);
    await requireFinite(flow);
  });

  it('gives the same bits for every length of a submit', async () => {
    using few = await freshFlow();
    using many = await freshFlow();
    await reportsOf(few, { ...TOO_LARGE, submitMs: 1e-3 });
    await reportsOf(many, { ...TOO_LARGE, submitMs: 1000 });
    expect(await few.save({ checkpoint: true })).toEqual(await many.save({ checkpoint: true }));
  });

  it('keeps its learning rate in a checkpoint', async () => {
    using flow = await freshFlow();
    const before = (await reportsOf(flow, { ...TOO_LARGE, until: 100 })).at(-1)!;
    using resumed = await Flow.load(await flow.save({ checkpoint: true }), await testOptions());
    const after = (await reportsOf(resumed, { ...TOO_LARGE, resume: true })).at(-1)!;
    expect(before.learningRate).toBeLessThan(1);
    expect(after.learningRate).toBeLessThanOrEqual(before.learningRate);
    expect(after.skippedSteps).toBeGreaterThanOrEqual(before.skippedSteps!);
    await reportsOf(flow, { ...TOO_LARGE, resume: true });
    expect(await resumed.save()).toEqual(await flow.save());
  });

  it('skips the steps of a batch without a finite loss, counts them, and keeps the average as it was', async () => {
    const data = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 300);
    data[3] = 3e38;
    using flow = await freshFlow();
    const options: FitOptions = {
      steps: 40,
      batch: 64,
      averageDecay: 0.9,
      validation: false,
      columns: ['a', 'b'],
    };
    const reports = await reportsOf(flow, options, data);
    const losses = reports.flatMap((report) => [...report.losses]);
    const skipped = losses.filter((nll) => !Number.isFinite(nll)).length;
    expect(skipped).toBeGreaterThan(0);
    expect(skipped).toBeLessThan(40);
    expect(reports.at(-1)!.skippedSteps).toBe(skipped);
    await requireFinite(flow);
  });

  it.each<[string, FitOptions['optimizer']]>([
    ['Adam', 'adam'],
    ['gradient descent', 'sgd'],
  ])('stops after three returns with the last good weights: %s', async (_, optimizer) => {
    using flow = await freshFlow();
    const before = await flow.parameters();
    const run = reportsOf(flow, { ...TOO_LARGE, optimizer, learningRate: 1e36 });
    await expect(run).rejects.toThrow(TrainingDivergedError);
    await expect(run).rejects.toThrow('Earlier weights and a smaller learning rate did not help.');
    await expect(run).rejects.toMatchObject({ returns: 3 });
    expect(await flow.parameters()).toEqual(before);
  });

  it('stops with the best parameters of a run with scores', async () => {
    const data = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 300);
    using flow = await Flow.create(realnvp(2, { couplings: 2, hidden: [8] }), {
      ...(await testOptions()),
      data,
    });
    const run = reportsOf(flow, { steps: 200, batch: 64, learningRate: 1e36 }, data);
    await expect(run).rejects.toThrow(TrainingDivergedError);
    await requireFinite(flow);
    const { bestValidationNll } = flow.training ?? {};
    expect(bestValidationNll).toBeLessThan(3);
  });

  it('throws when no step of a run was finite, however short it is', async () => {
    using flow = await freshFlow();
    const data = new Float32Array(200).fill(3e38);
    data.forEach((_, index) => {
      if (index % 3 === 0) data[index] = -3e38;
    });
    const run = reportsOf(flow, { steps: 3, batch: 64, validation: false }, data);
    await expect(run).rejects.toThrow('Training diverged at step 3');
  });
});

async function freshFlow(): Promise<Flow> {
  return Flow.create(UNBOUNDED, { ...(await testOptions()), seed: 1 });
}

async function reportsOf(
  flow: Flow,
  options: FitOptions,
  data: TrainingData = { toy: 'moons' },
): Promise<FitReport[]> {
  const reports: FitReport[] = [];
  for await (const report of flow.fit(data, options)) reports.push(report);
  return reports;
}

async function requireFinite(flow: Flow): Promise<void> {
  for (const values of Object.values(await flow.parameters())) {
    expect(values.every(Number.isFinite)).toBe(true);
  }
}
