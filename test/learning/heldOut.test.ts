import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp, spline } from '../../src/presets/index.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { normals, STREAMS } from '../../src/random.ts';
import type { FitReport } from '../../src/training/report.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';

const DIM = 5;
const small = { couplings: 2, hidden: [8] };

describe('a fit of a table', () => {
  it('holds a tenth of the rows out, stops by them and keeps the best parameters', async () => {
    using flow = await Flow.create(realnvp(DIM, small), await testOptions());
    const reports = await fitted(flow, correlated(100), { steps: 3000, learningRate: 5e-3 });
    const { bestValidationNll, validation } = flow.training!;
    expect(validation).toMatchObject({ rows: 10, heldOut: true });
    expect(reports.at(-1)!.step).toBeLessThan(1000);
    expect(validation!.bestStep).toBeLessThan(reports.at(-1)!.step);
    expect(reports.at(-1)!.bestValidationNll).toBe(bestValidationNll);
  });

  it('is scored early enough for a hundred rows', async () => {
    using flow = await Flow.create(realnvp(2, small), await testOptions());
    const steps: number[] = [];
    const options = { steps: 3000, until: 60, batch: 512 };
    for (const report of await fitted(flow, correlated(100, 2), options)) {
      if (report.validationNll !== undefined) steps.push(report.step);
    }
    expect(steps.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(Math.max(...steps.slice(1).map((step, i) => step - steps[i]!))).toBeLessThanOrEqual(6);
  });

  it('is no worse than a Gaussian where a Gaussian is all that the rows can teach', async () => {
    using flow = await Flow.create(realnvp(DIM), { ...(await testOptions()), seed: 2 });
    await fitted(flow, correlated(60), { steps: 400, learningRate: 5e-3, seed: 2 });
    const fresh = await flow.logProb(correlated(4000, DIM, 9));
    // The exact entropy, plus the cost of fitting twenty parameters to sixty rows.
    expect(-mean(fresh)).toBeLessThan(entropy(DIM) + 0.6);
    const { bestValidationNll, validation } = flow.training!;
    expect(bestValidationNll!).toBeLessThan(validation!.gaussianNll! + 0.3);
  });

  it('trains on every row, for all steps, where validation is false', async () => {
    using flow = await Flow.create(realnvp(2, small), await testOptions());
    const reports = await fitted(flow, correlated(40, 2), { steps: 300, validation: false });
    expect(reports.at(-1)!.step).toBe(300);
    expect(flow.training!.validation).toBeUndefined();
    const scaled = (await flow.parameters())['bijectors.0.mean']!;
    const all = correlated(40, 2);
    expectClose('mean', [scaled[0]!], [mean(all.filter((_, i) => i % 2 === 0))], 1e-6);
  });

  it('starts, above two features, as the Gaussian of its rows', async () => {
    const normal = { ...small, base: { type: 'standard_normal' } } as const;
    for (const preset of [realnvp, spline]) {
      const data = correlated(2000);
      using flow = await Flow.create(preset(DIM, normal), { ...(await testOptions()), data });
      expect(Math.abs(-mean(await flow.logProb(data)) - entropy(DIM))).toBeLessThan(0.05);
      const { z } = await flow.forward(data);
      const crossed = mean(Float64Array.from({ length: 2000 }, (_, r) => z[DIM * r]! * z[DIM * r + 1]!));
      expect(Math.abs(crossed)).toBeLessThan(1e-2);
    }
  });

  it('learns every label, however rare', async () => {
    const rows = 50;
    const context = new Float32Array(2 * rows).map((_, i) => (i % 2 === 0 ? 1 : 0));
    for (let rare = 0; rare < rows; rare++) {
      const given = context.slice();
      given.set([0, 1], 2 * rare);
      using flow = await Flow.create(realnvp(2, { ...small, contextDim: 2 }), await testOptions());
      const data = correlated(rows, 2);
      const options = { steps: 1, context: given, validation: { fraction: 0.5 } };
      await fitted(flow, data, options);
      const { rows: held } = flow.training!.validation!;
      expect(held === 25 || held === 24).toBe(true);
      if (held === 24) return;
    }
    expect.unreachable('the rare label was never drawn');
  });
});

describe('a resumed fit', () => {
  const options: FitOptions = { steps: 20, until: 10, batch: 32 };
  const data = correlated(120, 2);
  const others: [string, Float32Array, Partial<FitOptions>][] = [
    ['one value of another row', data.map((value, i) => (i === 77 ? value + 1e-6 : value)), {}],
    ['fewer rows', data.subarray(0, 200), {}],
    ['rows in another order', swapped(data), {}],
    ['another share held out', data, { validation: { fraction: 0.3 } }],
    ['nothing held out', data, { validation: false }],
    ['rows of their own to score', data, { validation: { data } }],
  ];

  it.each(others)('refuses %s, unless it is asked for', async (_, rows, changed) => {
    using flow = await Flow.create(realnvp(2, small), await testOptions());
    await fitted(flow, data, options);
    const more = { steps: 20, resume: true, ...changed };
    await expect(fitted(flow, rows, more)).rejects.toThrow(DataError);
    await fitted(flow, rows, { ...more, newData: true });
  });

  it('holds the same rows out, with the same patience', async () => {
    const { device } = await testOptions();
    const validation = { fraction: 0.25, patience: 7 };
    using whole = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    await fitted(whole, data, { ...options, until: 20, validation });
    using begun = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    await fitted(begun, data, { ...options, validation });
    using resumed = await Flow.load(await begun.save({ checkpoint: true }), { device, tuning: 'fixed' });
    await fitted(resumed, data, { steps: 20, resume: true });
    expect(await resumed.save({ checkpoint: true })).toEqual(await whole.save({ checkpoint: true }));
  });
});

describe('a fit left between a step and its score', () => {
  it('takes the score when it is resumed', async () => {
    const { device } = await testOptions();
    const data = correlated(120, 2);
    // Every score is worse than the first one, so it counts against patience.
    const options = { steps: 20, until: 3, learningRate: 1, validation: { fraction: 0.25, every: 2 } };
    using whole = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    await fitted(whole, data, options);
    expect(whole.training!.validation!.bestStep).toBe(0);
    using left = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
    // The first report arrives while the second step is running.
    for await (const { step } of left.fit(data, options)) {
      expect(step).toBe(1);
      break;
    }
    expect(left.training!.steps).toBe(2);
    using resumed = await Flow.load(await left.save({ checkpoint: true }), { device, tuning: 'fixed' });
    await fitted(resumed, data, { ...options, resume: true });
    expect(await resumed.save({ checkpoint: true })).toEqual(await whole.save({ checkpoint: true }));
  });
});

describe('a checkpoint', () => {
  it('says which step was scored last, the best one or another', async () => {
    const lastScored = async (learningRate: number) => {
      using flow = await Flow.create(realnvp(2, small), await testOptions());
      const options = { steps: 20, until: 4, learningRate, validation: { every: 2 } };
      await fitted(flow, correlated(120, 2), options);
      const { step, lastScored } = decodeModel(await flow.save({ checkpoint: true })).optimizer!.best!;
      return [step, lastScored];
    };
    expect(await lastScored(1e-3)).toEqual([4, 4]);
    expect(await lastScored(1)).toEqual([0, 4]);
  });
});

describe('the NLL of a report', () => {
  it('is a function of the step, not of the clock', async () => {
    const nllAt = async (submitMs: number): Promise<Map<number, number>> => {
      using flow = await Flow.create(realnvp(2, small), await testOptions());
      const reports = await fitted(flow, correlated(300, 2), { steps: 70, submitMs, validation: false });
      return new Map(reports.map(({ step, nll }) => [step, nll]));
    };
    const [often, seldom] = [await nllAt(1e-3), await nllAt(1000)];
    const common = [...seldom.keys()].filter((step) => often.has(step));
    expect(common).toContain(70);
    expect(common.map((step) => often.get(step))).toEqual(common.map((step) => seldom.get(step)));
  });
});

async function fitted(flow: Flow, data: Float32Array, options: FitOptions): Promise<FitReport[]> {
  const reports: FitReport[] = [];
  for await (const report of flow.fit(data, options)) reports.push(report);
  return reports;
}

/** x₁ = n₁, x_j = 0.9 x_{j−1} + 0.1 n_j with standard normals n, so that the columns are correlated. */
function correlated(rows: number, dim = DIM, seed = 1): Float32Array {
  const fresh = normals(seed, STREAMS.toyTest, rows * dim);
  const data = Float32Array.from(fresh);
  for (let i = 0; i < data.length; i++) {
    if (i % dim > 0) data[i] = 0.9 * data[i - 1]! + 0.1 * fresh[i]!;
  }
  return data;
}

function entropy(dim: number): number {
  return (dim / 2) * Math.log(2 * Math.PI * Math.E) + (dim - 1) * Math.log(0.1);
}

function swapped(data: Float32Array): Float32Array {
  return Float32Array.of(...data.subarray(2, 4), ...data.subarray(0, 2), ...data.subarray(4));
}

function mean(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
