import { describe, expect, it } from 'vitest';
import { encodeContext } from '../../src/model/context.ts';
import { toyDensity } from '../../src/data/toy.ts';
import { DataError, ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { STREAMS, uniforms } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import { meanNll } from '../../src/data/statistics.ts';
import type { FitOptions, TrainingData } from '../../src/training/options.ts';
import { expectClose } from '../support/compare.ts';
import { testDevice, testOptions } from '../support/device.ts';
import { modelOf, randomRows } from '../support/randomSpecs.ts';

const moons = toyDensity('moons');
const SMALL = { couplings: 2, hidden: [8], contextDim: 2 };
const MEANS = { type: 'class_conditional' } as const;

const [UPPER, LOWER] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];

describe('a conditional flow', () => {
  it('takes one context for all rows, or one for each', async () => {
    using flow = await trained(
      { ...realnvp(2, SMALL), base: MEANS },
      { toy: 'moons' },
      { steps: 20, batch: 64 },
    );
    const rows = 65;
    const x = moons.sample(1, STREAMS.toyTest, 0, rows);
    const repeated = Float32Array.from({ length: 2 * rows }, (_, i) => UPPER[i % 2]!);
    const [one, each] = [{ context: UPPER }, { context: repeated }];
    expect(await flow.logProb(x, one)).toEqual(await flow.logProb(x, each));
    expect(await flow.forward(x, one)).toEqual(await flow.forward(x, each));
    expect(await flow.inverse(x, one)).toEqual(await flow.inverse(x, each));
    expect(await flow.gradients(x, one)).toEqual(await flow.gradients(x, each));
    expect(await flow.sample(rows, one)).toEqual(await flow.sample(rows, each));
    const trace = await flow.trace(x, one);
    expect(await flow.trace(x, each)).toEqual(trace);
    expect((await flow.trace(x, { context: LOWER })).states).not.toEqual(trace.states);
    expectClose('the last state', trace.states.at(-1)!, (await flow.forward(x, one)).z, 1e-5);
    expect(await flow.logProb(x, { context: LOWER })).not.toEqual(await flow.logProb(x, { context: UPPER }));
  });

  it('samples what it scores, each row given its context, about the mean of its class', async () => {
    const spec: FlowSpec = { ...realnvp(2, SMALL), base: MEANS };
    using flow = await trained(spec, { toy: 'moons' }, { steps: 60, batch: 64, learningRate: 0.02 });
    const context = moons.sampleClasses(5, STREAMS.toyTest, 0, 130);
    const { x, z, logProb } = await flow.sampleAndLogProb(130, { seed: 3, context });
    expect(x).toEqual(await flow.sample(130, { seed: 3, context }));
    expectClose('logProb', logProb, await flow.logProb(x, { context }), 1e-4);
    expectClose('z', (await flow.forward(x, { context })).z, z, 1e-4);
    // At temperature 0 the latent rows are the means themselves.
    const still = await flow.sampleAndLogProb(130, { temperature: 0, context });
    const mean = (await flow.parameters())['base.mean']!;
    expect(Math.max(...mean.map(Math.abs))).toBeGreaterThan(0.05);
    const meanAt = (row: number, feature: number): number => mean[2 * feature + context[2 * row + 1]!]!;
    const wanted = still.z.map((_, i) => meanAt(Math.floor(i / 2), i % 2));
    expectClose('mean', still.z, wanted, 1e-6);
  });

  it('comes back from its file, with the columns that its context is made of', async () => {
    const contextColumns = [{ name: 'moon', levels: ['upper', 'lower'] }];
    using flow = await trained(realnvp(2, SMALL), { toy: 'moons' }, { steps: 3, batch: 64, contextColumns });
    using again = await Flow.load(await flow.save(), { ...(await testOptions()) });
    expect(again.training?.context).toEqual(contextColumns);
    const context = encodeContext(contextColumns, [['lower']]);
    expect(context).toEqual(LOWER);
    expect(await again.sample(7, { context })).toEqual(await flow.sample(7, { context }));
    const twin = new ReferenceFlow(again.spec, await again.parameters());
    const x = Float32Array.from(randomRows(9, 2));
    expectClose('logProb', await again.logProb(x, { context }), twin.logProb(x, context), 1e-5);
  });

  it('says what is wrong with a context', async () => {
    using flow = await Flow.create(realnvp(2, SMALL), { ...(await testOptions()) });
    const x = new Float32Array(6);
    await expect(flow.logProb(x)).rejects.toThrow(
      /context: found none, expected 2 values \(spec\.contextDim\) for each of the 3 rows, or one such row for all/,
    );
    await expect(flow.sample(3, { context: new Float32Array(4) })).rejects.toThrow(/context: found 4 values/);
    using plain = await Flow.create(realnvp(2), { ...(await testOptions()) });
    await expect(plain.forward(x, { context: UPPER })).rejects.toThrow(
      /context: found 2 values, expected none/,
    );
  });

  it('says what is wrong with the contexts of its training', async () => {
    using flow = await Flow.create(realnvp(2, SMALL), { ...(await testOptions()) });
    const data = Float32Array.from(randomRows(10, 2));
    const run = (options: Partial<FitOptions>, rows: TrainingData = data) =>
      flow.fit(rows, { steps: 1, ...options }).next();
    const context = new Float32Array(20);
    await expect(run({})).rejects.toThrow(/fit option context: found none, expected 2 values/);
    await expect(run({ context: UPPER })).rejects.toThrow(
      /found 2 values, expected 2 values .* of the 10 rows/,
    );
    await expect(run({ context, validation: { data } })).rejects.toThrow(/validation\.context: found none/);
    await expect(run({ context: context.with(7, NaN) })).rejects.toThrow(DataError);
    const contextColumns = [{ name: 'moon', levels: ['a', 'b', 'c'] }];
    await expect(run({ context, contextColumns })).rejects.toThrow(
      /contextColumns: found 3 features in 1 columns/,
    );
    await expect(run({ context }, { toy: 'moons' })).rejects.toThrow(ShapeError);
    await expect(run({}, { toy: 'pinwheel' })).rejects.toThrow(
      /contextDim: found 2, expected 5, the classes of/,
    );
  });

  it('trains on rows with their contexts, and keeps what scores best given the validation’s', async () => {
    const rows = 300;
    const data = moons.sample(1, STREAMS.toyTraining, 0, rows);
    const context = moons.sampleClasses(1, STREAMS.toyTraining, 0, rows);
    const held = moons.sample(1, STREAMS.toyTest, 0, 100);
    const heldContext = moons.sampleClasses(1, STREAMS.toyTest, 0, 100);
    const settings = { steps: 200, batch: 128, learningRate: 0.01, context };
    const validation = { data: held, context: heldContext, every: 50 };
    using flow = await trained(realnvp(2, SMALL), data, { ...settings, validation });
    const nll = meanNll(await flow.logProb(held, { context: heldContext }));
    expect(flow.training?.bestValidationNll).toBeCloseTo(nll, 5);
    // With shuffled classes, the same training learns less.
    const mixed = context.map((_, i) => context[(i + 2 * 151) % (2 * rows)]!);
    using misled = await trained(realnvp(2, SMALL), data, { ...settings, context: mixed });
    expect(meanNll(await misled.logProb(held, { context: heldContext }))).toBeGreaterThan(nll + 0.2);
  });

  it('goes on from a checkpoint bit for bit, with the same rows and contexts', async () => {
    const rows = 90;
    const data = moons.sample(1, STREAMS.toyTraining, 0, rows);
    const options = { batch: 32, context: moons.sampleClasses(1, STREAMS.toyTraining, 0, rows) };
    using once = await trained(realnvp(2, SMALL), data, { ...options, steps: 20 });
    using half = await trained(realnvp(2, SMALL), data, { ...options, steps: 9 });
    const checkpoint = await half.save({ checkpoint: true });
    using resumed = await Flow.load(checkpoint, { ...(await testOptions()) });
    for await (const _ of resumed.fit(data, { ...options, steps: 20, resume: true })) continue;
    expect(await resumed.parameters()).toEqual(await once.parameters());
  });

  it('tells the two moons apart: each on demand, and log 2 nats below what no model without their class can reach', async () => {
    const spec = spline(2, { couplings: 2, hidden: [16], contextDim: 2 });
    const schedule = { kind: 'cosine' } as const;
    const options = { steps: 300, batch: 256, learningRate: 0.02, schedule, clipNorm: 1 };
    using given = await trained(spec, { toy: 'moons' }, options);
    const x = moons.sample(2, STREAMS.toyTest, 0, 4096);
    const context = moons.sampleClasses(2, STREAMS.toyTest, 0, 4096);
    const nll = meanNll(await given.logProb(x, { context }));
    // With so few steps, a small flow stays a tenth of a nat above its floor.
    expect(nll).toBeLessThan(moons.entropy - Math.log(2) + 0.15);
    expect(nll).toBeGreaterThan(moons.classEntropy - 0.03);
    for (const [moon, label] of [UPPER, LOWER].entries()) {
      const points = await given.sample(2000, { context: label, seed: 4 });
      const own = Array.from({ length: 2000 }, (_, i) => moonOf(points[2 * i]!, points[2 * i + 1]!) === moon);
      expect(own.filter(Boolean).length / 2000).toBeGreaterThan(0.97);
    }
  }, 300_000);
});

describe('a conditional flow of one feature', () => {
  it('is the same of every preset but vanilla, with nets as asked for', async () => {
    const spec = spline(1, { contextDim: 2, hidden: [8], residualBlocks: 2, couplings: 2 });
    for (const family of [realnvp, nice, glow]) {
      expect(family(1, { contextDim: 2, hidden: [8], residualBlocks: 2, couplings: 2 })).toEqual(spec);
    }
    const couplings = spec.bijectors.filter((bijector) => 'conditioner' in bijector && 'split' in bijector);
    expect(couplings.map(({ type }) => type)).toEqual([
      'affine_coupling',
      'rational_quadratic_coupling',
      'rational_quadratic_coupling',
    ]);
    for (const { split, conditioner } of couplings) {
      expect(split).toBe(0);
      expect(conditioner).toMatchObject({ hidden: [8], residualBlocks: 2 });
    }
    await expect(Flow.create(vanilla(1, { contextDim: 2 }), { ...(await testOptions()) })).rejects.toThrow(
      /spec\.dim: found 1, expected at least 2/,
    );
  });

  it('gives the same rows however they and their contexts are cut into chunks', async () => {
    const spec = spline(1, { contextDim: 1, couplings: 1, hidden: [2048] });
    using flow = await Flow.create(spec, { ...(await testOptions()) });
    const chunk = chunkRowsOf(modelOf(spec));
    const { y, c } = modes(3, chunk + 9);
    const last = { context: c.subarray(chunk) };
    const whole = await flow.logProb(y, { context: c });
    expect(whole.subarray(chunk)).toEqual(await flow.logProb(y.subarray(chunk), last));
    const drawn = await flow.sample(chunk + 9, { context: c });
    expect(drawn.subarray(chunk)).toEqual(await flow.sample(9, { firstRow: chunk, ...last }));
  });

  it('learns two modes that part and widen with the context, to within 0.04 nats of the entropy', async () => {
    const rows = 8192;
    const spec = spline(1, { contextDim: 1, couplings: 2 });
    const { y, c } = modes(1, rows);
    const options = { steps: 300, batch: 256, learningRate: 5e-3, clipNorm: 1, context: c };
    using flow = await trained(spec, y, { ...options, schedule: { kind: 'cosine' } });
    const fresh = modes(2, rows);
    const nll = meanNll(await flow.logProb(fresh.y, { context: fresh.c }));
    // Both are means over the same rows, so their difference has little noise.
    const entropy = -fresh.y.reduce((sum, y, r) => sum + modesLogDensity(y, fresh.c[r]!), 0) / rows;
    expect(nll - entropy).toBeLessThan(0.04);
    expect(nll - entropy).toBeGreaterThan(-0.01);
    // At c = 1, each mode gets about half of the samples.
    const context = Float32Array.of(1);
    const drawn = await flow.sample(4000, { context, seed: 3 });
    const share = (from: number, to: number): number =>
      drawn.filter((value) => value >= from && value < to).length / drawn.length;
    expect(share(-3, 0.5)).toBeGreaterThan(0.45);
    expect(share(1.5, 5)).toBeGreaterThan(0.45);
  }, 300_000);
});

/** Rows around c ± 1.5, half of them each, with standard deviation exp(c / 2 − 1), for c in [−2, 2]. */
function modes(seed: number, rows: number): { y: Float32Array; c: Float32Array } {
  const draws = uniforms(seed, 1, 4 * rows);
  const c = Float32Array.from({ length: rows }, (_, r) => 4 * draws[4 * r]! - 2);
  const y = c.map((given, r) => {
    const [side, u, v] = [1, 2, 3].map((i) => draws[4 * r + i]!) as [number, number, number];
    const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
    return given + (side < 0.5 ? 1.5 : -1.5) + Math.exp(given / 2 - 1) * normal;
  });
  return { y, c };
}

function modesLogDensity(y: number, c: number): number {
  const std = Math.exp(c / 2 - 1);
  const [upper, lower] = [c + 1.5, c - 1.5].map((mean) => Math.exp(-0.5 * ((y - mean) / std) ** 2));
  return Math.log((upper! + lower!) / 2) - Math.log(std) - 0.5 * Math.log(2 * Math.PI);
}

/** The moon whose arc is nearer to the standardized point. */
function moonOf(x: number, y: number): 0 | 1 {
  const [px, py] = [x, y].map((value, j) => moons.mean[j]! + moons.std[j]! * value) as [number, number];
  const nearest = (arc: (t: number) => [number, number]): number =>
    Math.min(
      ...Array.from({ length: 60 }, (_, i) => {
        const [ax, ay] = arc((Math.PI * i) / 59);
        return Math.hypot(px - ax, py - ay);
      }),
    );
  const upper = nearest((t) => [Math.cos(t), Math.sin(t)]);
  const lower = nearest((t) => [1 - Math.cos(t), 0.5 - Math.sin(t)]);
  return upper < lower ? 0 : 1;
}

async function trained(spec: FlowSpec, data: TrainingData, options: FitOptions): Promise<Flow> {
  const flow = await Flow.create(spec, { device: await testDevice(), tuning: 'fixed', seed: 2 });
  for await (const _ of flow.fit(data, { seed: 2, ...options })) continue;
  return flow;
}
