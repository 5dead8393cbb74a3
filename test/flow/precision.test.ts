import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { FeatureError, ShapeError, TrainingDivergedError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glowImage, realnvp } from '../../src/presets/index.ts';
import { requirePrecision } from '../../src/gpu/requirePrecision.ts';
import { initialParameters } from '../../src/spec/init.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { trainingMemory } from '../../src/training/memory.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import type { Precision } from '../../src/plan/precision.ts';
import { STREAMS } from '../../src/random.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { PARAMETERS, STEP_CURSOR, STEP_LOSSES, STEP_SCALARS } from '../../src/plan/names.ts';
import { ringEntries } from '../../src/passes/rings.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { hasHalfPrecision, testGpu, testOptions } from '../support/device.ts';

const moons = toyDensity('moons');
/** A normal base, because it shows rounding. */
const spec = realnvp(2, { couplings: 3, hidden: [16, 16], base: { type: 'standard_normal' } });

describe('a precision that cannot be', () => {
  it('is refused with the feature that is missing, what there is, and what to do', () => {
    const device = { features: new Set(['timestamp-query', 'subgroups']) } as unknown as GPUDevice;
    const refused = (): void => requirePrecision('f16', realnvp(2), device);
    expect(refused).toThrow(FeatureError);
    expect(refused).toThrow(
      /f16 needs the device feature shader-f16, but this device has subgroups, timestamp-query\. Use the precision f32/,
    );
    expect(() => requirePrecision('f32', realnvp(2), device)).not.toThrow();
    expect(() => requirePrecision('f16', glowImage([1, 4, 4]), device)).toThrow(
      /precision: found f16, expected f32\. The nets of images have no kernels of half precision/,
    );
    expect(() => requirePrecision('f16', realnvp(2, { residualBlocks: 1 }), device)).toThrow(
      /precision: found f16, expected f32.*residual/,
    );
  });

  it('never falls back: a flow of f16 is made where the device has the feature, and only there', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const outcome = await Flow.create(spec, { ...(await testOptions()), precision: 'f16' }).then(
      (flow) => {
        flow.dispose();
        return 'a flow';
      },
      (error: unknown) => (error instanceof FeatureError ? error.feature : error),
    );
    expect(outcome).toBe((await hasHalfPrecision()) ? 'a flow' : 'shader-f16');
    expect(buffers.counts.live).toBe(live);
  });

  it('is refused by name where it is none', async () => {
    const precision = 'f8' as Precision;
    await expect(Flow.create(spec, { ...(await testOptions()), precision })).rejects.toThrow(ShapeError);
    await expect(Flow.create(spec, { ...(await testOptions()), precision })).rejects.toThrow(
      /precision: found "f8", expected one of f32, f16/,
    );
  });
});

const hasHalves = await hasHalfPrecision();

// An adapter without the feature skips all of this; test/support/printAdapter.ts reports it.
describe.runIf(hasHalves)('a flow of half precision', () => {
  it('tells to the byte what the GPU holds while it trains, and less than at single precision', async () => {
    const context = await testGpu();
    const { buffers } = context;
    const before = buffers.counts.liveBytes;
    using flow = await halfFlow(spec);
    const told = await flow.memory({ batch: 96 });
    const run = flow.fit({ toy: 'moons' }, { steps: 3, batch: 96 });
    await run.next();
    expect(buffers.counts.liveBytes - before).toBe(told.total);
    await run.return();
    expect(buffers.counts.liveBytes - before).toBe(told.parameters);

    const model = { spec, layout: paramLayout(spec) };
    const variants = fixedVariants(context.adapter, 'f16');
    const single = trainingMemory(model, { batch: 4096 }, { ...variants, precision: 'f32' });
    expect((await flow.memory({ batch: 4096 })).activations).toBeLessThan(0.9 * single.activations);
  });

  it('takes the same 50 steps as the f64 executor that rounds as it does, loss by loss', async () => {
    const settings = {
      batch: 96,
      steps: 50,
      learningRate: 1e-3,
      schedule: { kind: 'constant' } as const,
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
    } as const;
    const variants = fixedVariants((await testGpu()).adapter, 'f16');
    const model = { spec, layout: paramLayout(spec) };
    const plan = trainPlan(model, { source, batch: settings.batch, seed: 5, optimizer: settings, variants });
    const start = new Map([[PARAMETERS, Float64Array.from(initialParameters(spec, 5))]]);
    const program = new ReferenceProgram(plan, start);
    const { cursor, scalars } = ringEntries({ ...settings, source }, 0, settings.steps);
    program.buffer(STEP_CURSOR).set(cursor);
    program.buffer(STEP_SCALARS).set(scalars);
    for (let step = 0; step < settings.steps; step++) program.run();

    using flow = await halfFlow(spec, 5);
    const found = await losses(flow, { ...settings, seed: 5 });
    expect(found).toHaveLength(settings.steps);
    found.forEach((nll, step) => {
      const wanted = program.floats(STEP_LOSSES)[2 * step]!;
      expect(Math.abs(nll - wanted), `step ${step}`).toBeLessThan(1e-3);
    });
    expect(found[49]!).toBeLessThan(found[0]! - 0.05);

    // The learned parameters stay in f32: in the model file, and in a single-precision flow that loads it.
    const parameters = await flow.parameters();
    expect(Object.values(parameters).some((tensor) => tensor.some((value) => !isHalf(value)))).toBe(true);
    const x = moons.sample(1, STREAMS.toyTest, 0, 200);
    const [half, single] = (['f16', 'f32'] as const).map((precision) =>
      new ReferenceFlow(spec, parameters, { precision }).logProb(x),
    );
    const logProb = await flow.logProb(x);
    const off = (from: Float64Array): number =>
      logProb.filter((value, row) => !(Math.abs(value - from[row]!) <= 1e-5 * (1 + Math.abs(value)))).length;
    expect(off(half!)).toBeLessThan(20);
    expect(off(single!)).toBeGreaterThan(100);
  });

  it('gives the same bits for the same seed, whole or resumed from a checkpoint', async () => {
    const options = { steps: 40, batch: 65, seed: 3 };
    using whole = await halfFlow(spec, 3);
    await losses(whole, options);
    using begun = await halfFlow(spec, 3);
    let checkpoint: Uint8Array | undefined;
    for await (const { step } of begun.fit({ toy: 'moons' }, { ...options, submitMs: 1e-3 })) {
      if (step < 20) continue;
      checkpoint = await begun.save({ checkpoint: true });
      break;
    }
    using resumed = await Flow.load(checkpoint!, { ...(await testOptions()), precision: 'f16' });
    await losses(resumed, { steps: 40, resume: true });
    expect(await resumed.save()).toEqual(await whole.save());
  });

  it('ends a run whose activations leave the range of f16, and keeps the parameters', async () => {
    const layout = paramLayout(spec);
    const parameters = new Float32Array(initialParameters(spec, 1));
    // In every net: hidden units of about 10⁵, and outputs of about one.
    for (const { name, offset, length } of layout.tensors) {
      if (name.endsWith('conditioner.0.weight')) parameters.fill(6e4, offset, offset + length);
      if (name.endsWith('conditioner.2.weight')) parameters.fill(1e-6, offset, offset + length);
    }
    const bytes = encodeModel({ spec, parameters });
    const options = { steps: 20, batch: 64 };
    using single = await Flow.load(bytes, await testOptions());
    expect((await single.logProb(moons.sample(1, STREAMS.toyTest, 0, 64))).every(Number.isFinite)).toBe(true);
    using half = await Flow.load(bytes, { ...(await testOptions()), precision: 'f16' });
    const before = await half.parameters();
    await expect(losses(half, options)).rejects.toThrow(TrainingDivergedError);
    expect(await half.parameters()).toEqual(before);
  });
});

async function halfFlow(of: typeof spec, seed = 0): Promise<Flow> {
  return Flow.create(of, { ...(await testOptions()), precision: 'f16', seed });
}

function isHalf(value: number): boolean {
  return (
    Math.abs(value) >= 2 ** -14 && (value / 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10)) % 1 === 0
  );
}

async function losses(flow: Flow, options: FitOptions): Promise<number[]> {
  const all: number[] = [];
  for await (const report of flow.fit({ toy: 'moons' }, options)) all.push(...report.losses);
  return all;
}
