import { describe, expect, it } from 'vitest';
import type { Rows } from '../../src/calls/callerArrays.ts';
import { DataError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp, vanilla } from '../../src/presets/index.ts';
import { normals, STREAMS } from '../../src/random.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import { logProbPlan } from '../../src/passes/forward.ts';
import { meanNll } from '../../src/data/statistics.ts';
import { SWIFTSHADER } from '../support/adapters.ts';
import { testDevice } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';

const COLUMNS = ['share', 'age'];
const ONE_PRICE = realnvp(1, { domain: 'positive' });
const PRICES = Float32Array.from(normals(1, STREAMS.toyTest, 2000), (value) => Math.exp(12 + value));
const SPEC = realnvp(2, { couplings: 2, hidden: [8], domain: ['unit', 'positive'] });

describe('a flow on bounded data', () => {
  it('learns densities in the units of the data, and draws inside the domain', async () => {
    using flow = await Flow.create(SPEC, { device: await testDevice() });
    const options = { steps: 100, batch: 128, learningRate: 2e-2, schedule: { kind: 'cosine' } } as const;
    const validation = { data: rows(512, 3) };
    for await (const { nll } of flow.fit(rows(4096, 1), { ...options, validation })) {
      expect(Number.isFinite(nll)).toBe(true);
    }
    // The entropy of the underlying normals, plus the mean log-slope of the map applied to them.
    const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(1.5) + meanLogSlope(rows(65_536, 5));
    expect(Math.abs(meanNll(await flow.logProb(rows(8192, 2))) - entropy)).toBeLessThan(0.06);
    const { x, logProb } = await flow.sampleAndLogProb(2000, { seed: 4 });
    x.forEach((value, i) => {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(i % 2 === 0 ? 1 : Infinity);
    });
    const again = await flow.logProb(x);
    again.forEach((value, r) => expect(Math.abs(value - logProb[r]!)).toBeLessThan(1e-3));
  });

  it.each(['fit', 'create'])('standardises in %s what the map of the domains gives', async (where) => {
    const data = rows(1000, 1);
    const start = where === 'create' ? { data } : {};
    using flow = await Flow.create(SPEC, { device: await testDevice(), ...start });
    if (where === 'fit')
      for await (const _ of flow.fit(data, { steps: 1, learningRate: 1e-12, validation: false }));
    const { z } = await flow.forward(data);
    for (const feature of [0, 1]) {
      const column = z.filter((_, i) => i % 2 === feature);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
      expect(Math.abs(mean)).toBeLessThan(1e-3);
      expect(Math.abs(variance - 1)).toBeLessThan(1e-3);
    }
  });

  it('learns the same of prices in another unit, and samples no border', async () => {
    const learned = async (unit: number): Promise<{ logProb: Float32Array; samples: Rows }> => {
      using flow = await Flow.create(ONE_PRICE, { device: await testDevice() });
      const data = PRICES.map((price) => unit * price);
      for await (const _ of flow.fit(data, { steps: 60, batch: 200, learningRate: 1e-2 }));
      return { logProb: await flow.logProb(data), samples: await flow.sample(2000) };
    };
    // The units differ by a power of 2, so values in units of their mean are identical bit for bit.
    const [here, there] = [await learned(1), await learned(2 ** -20)];
    // Sums of about 20 round by 1e-6, about a dozen times.
    here.logProb.forEach((value, r) =>
      expect(Math.abs(value + 20 * Math.LN2 - there.logProb[r]!)).toBeLessThan(2e-5),
    );
    expect(there.samples).toEqual(here.samples.map((value) => value * 2 ** -20));
    // 12 standard deviations below the mean of the logarithms; the border is 2⁻¹²⁶.
    expect(Math.min(...here.samples)).toBeGreaterThan(1);
    // The entropy of the prices' lognormal distribution.
    const entropy = 12 + 0.5 * Math.log(2 * Math.PI * Math.E);
    expect(Math.abs(meanNll(here.logProb) - entropy)).toBeLessThan(0.1);
  });

  it('scores alike in every unit, once it has the scale of the data', async () => {
    const scored = async (unit: number): Promise<Float32Array> => {
      const data = PRICES.map((price) => unit * price);
      using flow = await Flow.create(ONE_PRICE, { device: await testDevice(), data });
      return await flow.logProb(data);
    };
    const here = await scored(1);
    for (const unit of [1e-30, 1e-5, 100, 3e25]) {
      const there = await scored(unit);
      here.forEach((value, r) => expect(Math.abs(value - Math.log(unit) - there[r]!)).toBeLessThan(1e-4));
    }
  });

  it('has the scale of its first data, and keeps it', async () => {
    const name = 'bijectors.0.scale';
    const device = await testDevice();
    using flow = await Flow.create(SPEC, { device });
    expect((await flow.parameters())[name]).toEqual(Float32Array.of(1, 1));
    const fit = { steps: 1, batch: 4, learningRate: 1e-12, validation: false } as const;
    for await (const _ of flow.fit(Float32Array.of(0.1, 8, 0.2, 3e3, 0.9, 1e5), fit));
    expect((await flow.parameters())[name]).toEqual(Float32Array.of(1, 34_336));
    using again = await Flow.load(await flow.save({ checkpoint: true }), { device });
    for await (const _ of again.fit(rows(8, 1), { ...fit, steps: 2, resume: true, newData: true }));
    for await (const _ of again.fit(rows(8, 1), fit));
    expect((await again.parameters())[name]).toEqual(Float32Array.of(1, 34_336));
  });

  it.each([
    [[0.5, 1, 1.5, 2], 2, 'share', '1.5'],
    [[0.5, 1, 0, 2], 2, 'share', '0'],
    [[0.5, -3, 0.1, 2], 1, 'age', '-3'],
  ])('refuses %j, and tells where', async (values, row, column, found) => {
    using flow = await Flow.create(SPEC, { device: await testDevice() });
    const data = Float32Array.from(values);
    const fit = async (options: object): Promise<void> => {
      for await (const _ of flow.fit(data, { steps: 1, columns: COLUMNS, ...options }));
    };
    const error = await fit({}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ row, column });
    expect(String(error)).toContain(`found ${found}, expected a number`);
    await expect(flow.logProb(data)).rejects.toThrow(`found ${found}`);
    await expect(flow.forward(data)).rejects.toThrow(DataError);
    await expect(flow.trace(data)).rejects.toThrow(DataError);
    await expect(Flow.create(SPEC, { device: await testDevice(), data })).rejects.toThrow(DataError);
    await expect(flow.gradients(data)).rejects.toThrow(DataError);
    const good = flow.fit(rows(8, 1), { steps: 1, validation: { data } });
    await expect(good.next()).rejects.toThrow(`validation, row ${row}`);
  });

  it('runs its couplings fused after the map', () => {
    const stems = logProbPlan(modelOf(SPEC), 64, fixedVariants(SWIFTSHADER)).dispatches.map(
      ({ kernel }) => kernel.stem,
    );
    expect(stems).toEqual(['domain', 'domain', 'flow_forward', 'student_t_log_prob']);
  });

  it('begins with no map where all features are real', () => {
    expect(vanilla(2, { domain: 'real' })).toEqual(vanilla(2));
    expect(realnvp(2, { domain: 'unit' }).bijectors[0]).toEqual({
      type: 'domain',
      features: ['unit', 'unit'],
    });
  });
});

/** The logistic function of a normal, and softplus of a normal that is half as wide again. */
function rows(count: number, seed: number): Float32Array {
  return Float32Array.from(normals(seed, STREAMS.toyTest, 2 * count), (value, i) =>
    i % 2 === 0 ? 1 / (1 + Math.exp(-value)) : Math.log1p(Math.exp(1.5 * value)),
  );
}

/** E log |dx/dy|, where x is made from the normal y. */
function meanLogSlope(values: Float32Array): number {
  const sum = values.reduce(
    (total, x, i) => total + Math.log(i % 2 === 0 ? x * (1 - x) : -Math.expm1(-x)),
    0,
  );
  return (2 * sum) / values.length;
}
