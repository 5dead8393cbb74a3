import { describe, expect, it } from 'vitest';
import { encodeContext } from '../../src/context.ts';
import { toyDensity } from '../../src/data/toy.ts';
import { DataError, ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow.ts';
import { realnvp, spline } from '../../src/flows/index.ts';
import { STREAMS } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec.ts';
import { meanNll } from '../../src/trainer.ts';
import type { FitOptions, TrainingData } from '../../src/fitOptions.ts';
import { expectClose } from '../support/compare.ts';
import { testDevice, testOptions } from '../support/device.ts';
import { randomRows } from '../support/randomSpecs.ts';

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
    // The same with the classes mixed up learns less.
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
    // So few steps leave a small flow a tenth of a nat above its floor.
    expect(nll).toBeLessThan(moons.entropy - Math.log(2) + 0.15);
    expect(nll).toBeGreaterThan(moons.classEntropy - 0.03);
    for (const [moon, label] of [UPPER, LOWER].entries()) {
      const points = await given.sample(2000, { context: label, seed: 4 });
      const own = Array.from({ length: 2000 }, (_, i) => moonOf(points[2 * i]!, points[2 * i + 1]!) === moon);
      expect(own.filter(Boolean).length / 2000).toBeGreaterThan(0.97);
    }
  }, 300_000);
});

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
