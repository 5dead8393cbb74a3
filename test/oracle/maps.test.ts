import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAMS, normals } from '../../src/random.ts';
import { DisposedError, ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glowImage, realnvp, vanilla } from '../../src/presets/index.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import { expectClose, expectGradientClose, expectNormClose } from '../support/compare.ts';
import { testDevice, testOptions } from '../support/device.ts';
import { givenFlows } from '../support/givenSpecs.ts';
import { randomImageFlows } from '../support/imageSpecs.ts';
import {
  modelOf,
  randomContext,
  randomFlows,
  rowsWithin,
  scaledParameters,
  within,
  withoutWhitening,
} from '../support/randomSpecs.ts';
import type { RandomFlow } from '../support/randomSpecs.ts';

const VALUE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;
const INVERSE_BOUND = 1e-4;

describe('a flow on the GPU', () => {
  const batches = fc.oneof(
    fc.constantFrom(1, 2, 3, 4, 63, 64, 65, 1024, 1025),
    fc.integer({ min: 1, max: 300 }),
  );

  it('agrees with the f64 twin for random specs and batches of 1 to 1,025 rows', async () => {
    const specs = randomFlows({ maxBijectors: 3, maxContext: 8 });
    await fc.assert(fc.asyncProperty(specs, batches, expectTwin), { numRuns: 25, seed: 20 });
    // Mesa compiles a kernel at its first launch, and the specs use many kernels.
  }, 600_000);

  it('agrees with the f64 twin for random flows of images with several levels', async () => {
    const images = randomImageFlows({ maxContext: 3 });
    const few = fc.constantFrom(1, 3, 5, 64, 65);
    await fc.assert(fc.asyncProperty(images, few, expectTwin), { numRuns: 15, seed: 22 });
  }, 600_000);

  it('agrees with the f64 twin where couplings condition on the context alone', async () => {
    await fc.assert(fc.asyncProperty(givenFlows(), batches, expectTwin), { numRuns: 15, seed: 21 });
  }, 600_000);

  it.each([1, 5, 32])('undoes itself at %i couplings', async (couplings) => {
    const device = await testDevice();
    const three = withoutWhitening(realnvp(3, { couplings, hidden: [16] }));
    for (const spec of [three, vanilla(2, { couplings, hidden: [16] })]) {
      using flow = await Flow.load(encodeModel({ spec, parameters: wellConditioned(spec, couplings) }), {
        device,
        tuning: 'fixed',
      });
      const x = normalRows(257, spec.dim);
      const { z, logDet } = await flow.forward(x);
      const back = await flow.inverse(z);
      expectClose('x', back.x, x, INVERSE_BOUND);
      expectClose(
        'log-dets',
        back.logDet,
        logDet.map((value) => -value),
        INVERSE_BOUND,
      );
    }
  });

  it('undoes itself at 32 steps of flow on images', async () => {
    const spec = glowImage([1, 8, 8], { levels: 2, depth: 16, width: 8 });
    const parameters = scaledParameters(spec, 32, 0.3);
    using flow = await Flow.load(encodeModel({ spec, parameters }), await testOptions());
    const x = Float32Array.from(rowsWithin(spec, 65));
    const { z, logDet } = await flow.forward(x);
    const back = await flow.inverse(z);
    // Pixels are numbers up to 256.
    expectClose(
      'x',
      back.x.map((value) => value / 256),
      x.map((value) => value / 256),
      INVERSE_BOUND,
    );
    expectClose(
      'log-dets',
      back.logDet,
      logDet.map((value) => -value),
      INVERSE_BOUND,
    );
  });

  it('is the identity when fresh, but for vanilla', async () => {
    const device = await testDevice();
    using fresh = await Flow.create(realnvp(4), { device, tuning: 'fixed', seed: 9 });
    const x = normalRows(10, 4);
    expect((await fresh.forward(x)).z).toEqual(x);
    using article = await Flow.create(vanilla(4, { hidden: [8] }), { device, tuning: 'fixed', seed: 9 });
    expect((await article.forward(x)).z).not.toEqual(x);
  });

  it('gives the same rows however they are cut into calls and chunks', async () => {
    const spec = vanilla(2, { couplings: 1, hidden: [512] });
    using flow = await Flow.create(spec, { ...(await testOptions()) });
    const chunk = chunkRowsOf(modelOf(spec));
    const rows = chunk + 37;
    const x = normalRows(rows, 2);
    const whole = await flow.logProb(x);
    const tail = await flow.logProb(x.subarray(2 * (chunk - 5)));
    expect(whole.subarray(chunk - 5)).toEqual(tail);
    const samples = await flow.sample(rows, { seed: 3 });
    expect(samples.subarray(2 * (rows - 9))).toEqual(await flow.sample(9, { seed: 3, firstRow: rows - 9 }));
  });

  it.each([
    ['one wide hidden layer', vanilla(2, { couplings: 1, hidden: [4096] })],
    ['two hidden layers', vanilla(2, { couplings: 1, hidden: [128, 3] })],
    ['the tiled kernels', vanilla(2, { couplings: 1, hidden: [4096, 2] })],
  ])('adds gradients over chunks, the last of which is short: %s', async (_, spec) => {
    using flow = await Flow.create(spec, { ...(await testOptions()) });
    const chunk = chunkRowsOf(modelOf(spec));
    const rest = 37;
    const x = normalRows(chunk + rest, 2);
    const whole = await flow.gradients(x);
    const first = await flow.gradients(x.subarray(0, 2 * chunk));
    const last = await flow.gradients(x.subarray(2 * chunk));
    const mean = (a: number, b: number): number => (chunk * a + rest * b) / (chunk + rest);
    expectClose('nll', [whole.nll], [mean(first.nll, last.nll)], VALUE_BOUND);
    for (const [name, gradient] of Object.entries(whole.gradients)) {
      const wanted = first.gradients[name]!.map((value, i) => mean(value, last.gradients[name]![i]!));
      expectNormClose(name, gradient, wanted, GRADIENT_BOUND);
    }
  });

  it('samples what it scores', async () => {
    using flow = await Flow.create(vanilla(3, { hidden: [8] }), { ...(await testOptions()) });
    const { x, z, logProb } = await flow.sampleAndLogProb(65, { seed: 2 });
    expect(x).toEqual(await flow.sample(65, { seed: 2 }));
    expectClose('logProb', logProb, await flow.logProb(x), INVERSE_BOUND);
    expectClose('z', (await flow.forward(x)).z, z, INVERSE_BOUND);
    const cold = await flow.sampleAndLogProb(65, { seed: 2, temperature: 0.5 });
    expectClose(
      'tempered z',
      cold.z,
      z.map((value) => value / 2),
      1e-6,
    );
  });

  it('does calls that overlap one after the other', async () => {
    using flow = await Flow.create(vanilla(2, { hidden: [8] }), { ...(await testOptions()) });
    const inputs = [normalRows(50, 2), normalRows(50, 2, 1), normalRows(50, 2, 2)];
    const together = await Promise.all(inputs.map((x) => flow.logProb(x)));
    for (const [i, x] of inputs.entries()) expect(await flow.logProb(x)).toEqual(together[i]);
  });

  it('takes no rows for an answer', async () => {
    using flow = await Flow.create(realnvp(2), { ...(await testOptions()) });
    expect(await flow.logProb(new Float32Array())).toHaveLength(0);
    expect(await flow.sample(0)).toHaveLength(0);
    await expect(flow.gradients(new Float32Array())).rejects.toThrow('found 0 rows, expected at least 1');
  });

  it('says what is wrong with its arguments', async () => {
    const device = await testDevice();
    await expect(Flow.create(vanilla(1), { device, tuning: 'fixed' })).rejects.toThrow(
      /spec\.dim: found 1, expected at least 2/,
    );
    using flow = await Flow.create(realnvp(2), { device, tuning: 'fixed' });
    await expect(flow.logProb(new Float32Array(3))).rejects.toThrow(ShapeError);
    await expect(flow.sample(-1)).rejects.toThrow('n: found -1, expected a non-negative integer');
    await expect(flow.sample(2, { seed: 1.5 })).rejects.toThrow(/seed.*1\.5/);
    await expect(flow.sample(2, { temperature: NaN })).rejects.toThrow(
      'temperature: found NaN, expected a number ≥ 0',
    );
    flow.dispose();
    flow.dispose();
    await expect(flow.logProb(new Float32Array(2))).rejects.toThrow(DisposedError);
  });

  it('gives back from a file what was saved', async () => {
    const device = await testDevice();
    using flow = await Flow.create(vanilla(5, { hidden: [8, 4] }), { device, tuning: 'fixed', seed: 6 });
    const bytes = await flow.save();
    using loaded = await Flow.load(bytes, { device, tuning: 'fixed' });
    expect(loaded.spec).toEqual(flow.spec);
    expect(await loaded.save()).toEqual(bytes);
    const x = normalRows(7, 5);
    expect(await loaded.logProb(x)).toEqual(await flow.logProb(x));
  });
});

/** Compares maps, densities and gradients of random rows with the twin's. */
async function expectTwin(random: RandomFlow, rows: number): Promise<void> {
  using flow = await load(random, await testDevice());
  const twin = new ReferenceFlow(random.spec, random.parameters);
  const { dim, contextDim } = random.spec;
  const x = within(random.spec, normalRows(rows, dim));
  const context = randomContext(random.spec, rows);
  const { z, logDet } = await flow.forward(x, { context });
  const wanted = twin.forward(x, context);
  expectClose('z', z, wanted.z, VALUE_BOUND);
  expectClose('logDet', logDet, wanted.logDet, VALUE_BOUND);
  expectClose('logProb', await flow.logProb(x, { context }), twin.logProb(x, context), VALUE_BOUND);
  const back = await flow.inverse(x, { context });
  const wantedBack = twin.inverse(x, context);
  expectClose('x', back.x, wantedBack.x, VALUE_BOUND);
  expectClose('inverse logDet', back.logDet, wantedBack.logDet, VALUE_BOUND);
  const found = await flow.gradients(x, { context });
  const { nll, gradients } = twin.gradients(x, context);
  expectClose('nll', [found.nll], [nll], VALUE_BOUND);
  for (const [name, gradient] of Object.entries(gradients)) {
    expectGradientClose(name, found.gradients[name]!, gradient, GRADIENT_BOUND, () =>
      Array.from({ length: rows }, (_, r) => {
        const row = x.subarray(r * dim, (r + 1) * dim);
        const given = context?.subarray(r * contextDim, (r + 1) * contextDim);
        return twin.gradients(row, given).gradients[name]!;
      }),
    );
  }
}

async function load({ spec, parameters }: RandomFlow, device: GPUDevice): Promise<Flow> {
  return Flow.load(encodeModel({ spec, parameters }), { device, tuning: 'fixed' });
}

function normalRows(rows: number, dim: number, seed = 0): Float32Array {
  return new Float32Array(normals(seed, STREAMS.toyTest, rows * dim));
}

/** Parameters away from the identity whose couplings hardly stretch or shrink. */
function wellConditioned(spec: FlowSpec, seed: number): Float32Array {
  const { layout } = modelOf(spec);
  const parameters = new Float32Array(normals(seed, STREAMS.init, layout.length)).map(
    (value) => 0.15 * value,
  );
  for (const layer of layout.bijectors) {
    const { std } = layer.room.standardisation?.(layer) ?? {};
    if (std !== undefined) parameters.fill(1.5, std.offset, std.offset + std.length);
  }
  return parameters;
}
