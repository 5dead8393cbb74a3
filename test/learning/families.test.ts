import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { glow, nice, PRESETS, realnvp, spline } from '../../src/presets/index.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { STREAMS, normals } from '../../src/random.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import { meanNll } from '../../src/data/statistics.ts';
import { toyDensity } from '../../src/data/toy.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { expectClose } from '../support/compare.ts';
import { testDevice, testOptions } from '../support/device.ts';
import { modelOf, randomParameters, specOf } from '../support/randomSpecs.ts';

const INVERSE_BOUND = 1e-4;

const NET = { hidden: [4], activation: 'tanh', init: 'torch_linear' } as const;

/** One bijector of each kind with its own tensors. */
const EACH: BijectorSpec[] = [
  { type: 'diagonal_scale' },
  { type: 'permutation', init: 'random' },
  { type: 'actnorm' },
  { type: 'invertible_linear' },
  {
    type: 'rational_quadratic_coupling',
    split: 2,
    flip: true,
    bins: 4,
    bound: 3,
    conditioner: { ...NET, hidden: [4] },
  },
  {
    type: 'additive_coupling',
    split: 2,
    flip: false,
    conditioner: { ...NET, hidden: [4], residualBlocks: 2 },
  },
  {
    type: 'affine_coupling',
    split: 3,
    flip: true,
    scale: { map: 'sigmoid' },
    conditioner: { ...NET, hidden: [4], separate: false },
  },
];

const ELEMENTWISE: BijectorSpec[] = [
  { type: 'rational_quadratic_elementwise', bins: 4, bound: 3 },
  { type: 'actnorm' },
];

describe('a flow of many bijectors', () => {
  // The scales of 64 bijectors multiply. The elementwise ones all bend the same feature, so 1/√64 of each
  // parameter bends it about as far as one of them would.
  // parameter bends it about as far as one of them would.
  it.each<[string, BijectorSpec[], number]>([
    ['of each kind', EACH, 1 / 2],
    ['that are elementwise', ELEMENTWISE, 1 / 8],
  ])('stays finite and invertible at 64 of them %s', async (_, kinds, share) => {
    const spec = specOf(
      5,
      Array.from({ length: 64 }, () => kinds)
        .flat()
        .slice(0, 64),
    );
    const parameters = randomParameters(spec, 1).map((value) => share * value);
    const fixed = modelOf(spec).layout.tensors.filter(({ trainable }) => !trainable);
    for (const { offset, length } of fixed) {
      for (let j = 0; j < length; j++) parameters[offset + j]! /= share;
    }
    using flow = await Flow.load(encodeModel({ spec, parameters }), { device: await testDevice() });
    const x = normalRows(65, 5);
    const { z, logDet } = await flow.forward(x);
    const back = await flow.inverse(z);
    expectClose('x', back.x, x, INVERSE_BOUND);
    expectClose(
      'log-dets',
      back.logDet,
      logDet.map((value) => -value),
      INVERSE_BOUND,
    );
  });
});

describe('nice', () => {
  it('keeps volumes when fresh', async () => {
    using flow = await Flow.create(nice(3), { device: await testDevice() });
    const { logDet } = await flow.forward(normalRows(10, 3));
    expect(logDet).toEqual(new Float32Array(10));
  });

  it('learns symmetrical clusters, for which a net of zeros has no gradient', async () => {
    const toy = toyDensity('8gaussians');
    using flow = await Flow.create(nice(2), await testOptions());
    const { training } = PRESETS.nice;
    await fitted(flow, toy.sample(1, STREAMS.toyTraining, 0, 4096), { ...training, steps: 150, batch: 256 });
    // A Gaussian has 2.83 nats.
    expect(meanNll(await flow.logProb(toy.sample(1, STREAMS.toyTest, 0, 4096)))).toBeLessThan(2.4);
  });

  it('reaches the entropy of a normal that was moved without changing volumes', async () => {
    const rows = 16_384;
    const data = volumePreserved(normalRows(rows, 2, 1));
    const test = volumePreserved(normalRows(rows, 2, 2));
    using flow = await Flow.create(nice(2, { couplings: 6, hidden: [32] }), { device: await testDevice() });
    for await (const { nll } of flow.fit(data, {
      steps: 600,
      batch: 256,
      learningRate: 5e-3,
      schedule: { kind: 'cosine' },
    })) {
      expect(nll).toBeGreaterThan(2);
    }
    const entropy = Math.log(2 * Math.PI * Math.E);
    // The mean of 16,384 log-densities has a standard error of 0.008 nats.
    expect(meanNll(await flow.logProb(test)) - entropy).toBeLessThan(0.05);
  });
});

describe('glow', () => {
  it('permutes the features when fresh', async () => {
    using flow = await Flow.create(glow(3, { couplings: 1 }), { device: await testDevice(), seed: 2 });
    const { z, logDet } = await flow.forward(Float32Array.of(1, 2, 3));
    expect([...z].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect([...logDet]).toEqual([0]);
  });

  it('starts its actnorms from the first batch, once', async () => {
    const device = await testDevice();
    const data = normalRows(300, 3).map((value, i) => 10 ** (i % 3) * (value + 4));
    const options = { steps: 1, batch: 300, learningRate: 1e-12, validation: false } as const;
    using flow = await Flow.create(glow(3, { couplings: 3, hidden: [8] }), { device });
    await fitted(flow, data, options);
    const { z } = await flow.forward(data);
    for (let j = 0; j < 3; j++) {
      // The last coupling is still the identity, and so is the linear map apart from its permutation.
      const column = Array.from({ length: 300 }, (_, r) => z[3 * r + j]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / 300;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 300;
      expectClose(`mean and variance of feature ${j}`, [mean, variance], [0, 1], 1e-4);
    }
    const before = await flow.parameters();
    expect(before['bijectors.3.initialised']).toEqual(Float32Array.of(1));
    await fitted(
      flow,
      data.map((value) => 2 * value + 100),
      options,
    );
    const after = await flow.parameters();
    for (const name of ['bijectors.3.bias', 'bijectors.7.bias', 'bijectors.7.log_scale']) {
      expectClose(name, after[name]!, before[name]!, 1e-6);
    }
  });

  it('keeps the start of its actnorms in the file', async () => {
    const device = await testDevice();
    const data = normalRows(64, 2).map((value) => 5 * value + 3);
    using flow = await Flow.create(specOf(2, [{ type: 'actnorm' }]), { device });
    expect((await flow.parameters())['bijectors.0.initialised']).toEqual(Float32Array.of(0));
    using untrained = await Flow.load(await flow.save(), { device });
    for (const each of [flow, untrained]) await fitted(each, data, { steps: 1, learningRate: 1e-12 });
    expect(await untrained.save()).toEqual(await flow.save());
    using loaded = await Flow.load(await flow.save(), { device });
    await fitted(
      loaded,
      data.map((value) => value - 9),
      { steps: 1, learningRate: 1e-12 },
    );
    const [kept, started] = [await loaded.parameters(), await flow.parameters()];
    expectClose('bias', kept['bijectors.0.bias']!, started['bijectors.0.bias']!, 1e-6);
  });

  it('resumes bit for bit', async () => {
    const device = await testDevice();
    const data = normalRows(200, 3, 5);
    const options = { batch: 50, seed: 4 };
    const spec = glow(3, { couplings: 2, hidden: [8] });
    const tuning = 'fixed';
    using whole = await Flow.create(spec, { device, tuning });
    await fitted(whole, data, { ...options, steps: 20 });
    using first = await Flow.create(spec, { device, tuning });
    await fitted(first, data, { ...options, steps: 12 });
    using second = await Flow.load(await first.save({ checkpoint: true }), { device, tuning });
    await fitted(second, data, { ...options, steps: 20, resume: true });
    expect(await second.save()).toEqual(await whole.save());
  });

  it('learns a normal whose features are mixed', async () => {
    const mixed = (rows: number, seed: number): Float32Array => {
      const normal = normalRows(rows, 3, seed);
      return normal.map((value, i) => value + (i % 3 === 0 ? 0 : 0.9 * normal[i - 1]!));
    };
    using flow = await Flow.create(glow(3, { couplings: 2, hidden: [8] }), { device: await testDevice() });
    await fitted(flow, mixed(4096, 1), {
      steps: 200,
      batch: 128,
      learningRate: 5e-3,
      schedule: { kind: 'cosine' },
    });
    // The mixing is unit triangular, so it keeps volumes.
    const entropy = 1.5 * Math.log(2 * Math.PI * Math.E);
    expect(meanNll(await flow.logProb(mixed(8192, 2))) - entropy).toBeLessThan(0.06);
  });
});

describe('spline', () => {
  it('is nearly the identity when fresh', async () => {
    using flow = await Flow.create(spline(3), { device: await testDevice() });
    const x = normalRows(10, 3).map((value) => 2 * value);
    const { z, logDet } = await flow.forward(x);
    expectClose('z', z, x, 1e-5);
    expectClose('logDet', logDet, new Float32Array(10), 1e-5);
  });

  it('stays finite both ways for rows far beyond the bound', async () => {
    const spec = spline(2, { couplings: 4, hidden: [8] });
    const model = encodeModel({ spec, parameters: randomParameters(spec, 3) });
    using flow = await Flow.load(model, { device: await testDevice() });
    const x = Float32Array.of(0.1, 40, -900, 0.3, 5, -5, 1e6, 1e6);
    expect((await flow.logProb(x)).every(Number.isFinite)).toBe(true);
    const { x: back, logDet } = await flow.inverse(x);
    expect([...back, ...logDet].every(Number.isFinite)).toBe(true);
  });

  it('learns what no scale and shift of one feature can: two modes in the first column', async () => {
    const data = normalRows(4096, 2, 1).map((value, i) =>
      i % 2 === 0 ? 0.3 * value + (i % 4 === 0 ? 2 : -2) : value,
    );
    using flow = await Flow.create(spline(2, { couplings: 2, hidden: [8] }), {
      device: await testDevice(),
    });
    await fitted(flow, data, {
      steps: 300,
      batch: 128,
      learningRate: 2e-2,
      schedule: { kind: 'cosine' },
    });
    // log 2 for the mode; the modes are 13 standard deviations apart.
    const entropy = Math.log(2) + Math.log(2 * Math.PI * Math.E) + Math.log(0.3);
    expect(meanNll(await flow.logProb(data)) - entropy).toBeLessThan(0.1);
  });
});

describe('a single feature', () => {
  const families = [realnvp, nice, glow, spline];

  it('makes every family but vanilla a flow of elementwise splines', () => {
    for (const family of families) {
      const { bijectors } = family(1, { couplings: 2 });
      expect(bijectors.map(({ type }) => type)).toEqual([
        'standardize',
        'rational_quadratic_elementwise',
        'actnorm',
        'rational_quadratic_elementwise',
        'actnorm',
      ]);
    }
  });

  it('is learned where it has two modes', async () => {
    const bimodal = (seed: number): Float32Array =>
      normalRows(4096, 1, seed).map((value, i) => 40 + 0.9 * value + (i % 4 === 0 ? 6 : -6));
    using flow = await Flow.create(realnvp(1), { device: await testDevice() });
    const { learningRate, schedule, clipNorm } = PRESETS.realnvp.training;
    await fitted(flow, bimodal(1), { steps: 400, batch: 256, learningRate, schedule, clipNorm });
    const nll = meanNll(await flow.logProb(bimodal(2)));
    // The entropy of the mode choice, plus a normal within the mode; the modes are 13 standard deviations
    // apart.
    const modes = -(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75));
    const entropy = modes + normalEntropy(0.9);
    // The standard deviation of the two modes together.
    const gaussian = normalEntropy(Math.hypot(0.9, 12 * Math.sqrt(0.25 * 0.75)));
    expect(gaussian - entropy).toBeGreaterThan(1);
    expect(nll - entropy).toBeLessThan(0.1);
    const x = bimodal(3).subarray(0, 65);
    expectClose('x', (await flow.inverse((await flow.forward(x)).z)).x, x, INVERSE_BOUND);
  });
});

function normalEntropy(std: number): number {
  return 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(std);
}

async function fitted(flow: Flow, data: Float32Array, options: FitOptions): Promise<void> {
  for await (const { nll } of flow.fit(data, options)) expect(Number.isFinite(nll)).toBe(true);
}

function normalRows(rows: number, dim: number, seed = 0): Float32Array {
  return new Float32Array(normals(seed, STREAMS.toyTest, rows * dim));
}

/** Shears along each axis: their Jacobians have determinant 1. */
function volumePreserved(rows: Float32Array): Float32Array {
  return rows.map((_, i) => {
    const [p, q] = [rows[i - (i % 2)]!, rows[i - (i % 2) + 1]!];
    const u = p + 0.7 * Math.sin(2 * q);
    return i % 2 === 0 ? u : q + Math.cos(1.5 * u);
  });
}
