import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { DataError, DisposedError, ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { PRESETS, realnvp } from '../../src/presets/index.ts';
import type { PresetName } from '../../src/presets/index.ts';
import type { FlowPass, PassKind } from '../../src/flow/pass.ts';
import { columnsOf, copyToRows } from '../../src/gpu/rows.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { STREAMS } from '../../src/random.ts';
import { expectClose } from '../support/compare.ts';
import { testGpu, testOptions } from '../support/device.ts';

const ROWS = 37;
const small = { couplings: 2, hidden: [8] };
const x = toyDensity('moons').sample(0, STREAMS.toyTest, 0, ROWS);

/** A flow that is not the identity. */
async function trained(preset: PresetName): Promise<Flow> {
  const flow = await Flow.create(PRESETS[preset].spec(2, small), { ...(await testOptions()), seed: 2 });
  for await (const _ of flow.fit(x, { validation: false, steps: 4, batch: 16, learningRate: 1e-2 }));
  return flow;
}

/** Runs the pass, and returns the first `features` columns from `start` on, as rows. */
async function run(
  pass: FlowPass,
  input: Float32Array | undefined,
  results: readonly { from: GPUBuffer; features: number; start?: number }[],
): Promise<Float32Array[]> {
  const { device, buffers } = await testGpu();
  if (input !== undefined) {
    const columns = columnsOf(input, 2, { start: 0, count: ROWS });
    device.queue.writeBuffer(pass.buffer('state'), 0, columns);
  }
  const encoder = device.createCommandEncoder();
  pass.encode(encoder);
  const read: Promise<Float32Array>[] = [];
  const stagings = results.map(({ from, features, start = 0 }) => {
    const staging = buffers.staging('test', features * pass.stride);
    encoder.copyBufferToBuffer(from, 4 * start * pass.stride, staging.buffer, 0, 4 * features * pass.stride);
    return staging;
  });
  device.queue.submit([encoder.finish()]);
  results.forEach(({ features }, index) => read.push(buffers.read(stagings[index]!, features * pass.stride)));
  const columns = await Promise.all(read);
  for (const staging of stagings) staging.dispose();
  return columns.map((values, index) => {
    const { features } = results[index]!;
    const rows = new Float32Array(features * ROWS);
    copyToRows(values, features, { start: 0, count: ROWS }, rows);
    return rows;
  });
}

describe('a pass over rows that stay on the GPU', () => {
  it('computes what the calls of the flow do', async () => {
    using flow = await trained('realnvp');
    using forward = await flow.pass('forward', { rows: ROWS });
    using inverse = await flow.pass('inverse', { rows: ROWS });
    using score = await flow.pass('logProb', { rows: ROWS });
    using sample = await flow.pass('sample', { rows: ROWS, seed: 5 });
    const there = await flow.forward(x);
    const back = await flow.inverse(x);
    const [z, logDet] = await run(forward, x, [
      { from: forward.buffer('state'), features: 2 },
      { from: forward.buffer('logDet'), features: 1 },
    ]);
    expect([z, logDet]).toEqual([there.z, there.logDet]);
    expect(await run(inverse, x, [{ from: inverse.buffer('state'), features: 2 }])).toEqual([back.x]);
    expect(await run(score, x, [{ from: score.buffer('logProb'), features: 1 }])).toEqual([
      await flow.logProb(x),
    ]);
    expect(await run(sample, undefined, [{ from: sample.buffer('state'), features: 2 }])).toEqual([
      await flow.sample(ROWS, { seed: 5 }),
    ]);
  });

  it.each(Object.keys(PRESETS) as PresetName[])(
    'traces %s from x to z, with its log-dets',
    async (preset) => {
      using flow = await trained(preset);
      const count = flow.spec.bijectors.length;
      using pass = await flow.pass('trace', { rows: ROWS });
      const [first, last, ...logDets] = await run(pass, x, [
        { from: pass.buffer('states'), features: 2 },
        { from: pass.buffer('states'), features: 2, start: 2 * count },
        ...Array.from({ length: count }, (_, start) => ({
          from: pass.buffer('logDets'),
          features: 1,
          start,
        })),
      ]);
      const { z, logDet } = await flow.forward(x);
      expect(first).toEqual(x);
      expectClose('z', last!, z, 1e-5);
      const sum = Float32Array.from(logDet, (_, row) => logDets.reduce((sum, each) => sum + each[row]!, 0));
      expectClose('log-det', sum, logDet, 1e-5);
    },
  );

  it('sees the parameters of the training step before it', async () => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    using pass = await flow.pass('forward', { rows: ROWS });
    const seen: Float32Array[] = [];
    for await (const _ of flow.fit(x, {
      validation: false,
      steps: 3,
      batch: 16,
      learningRate: 0.1,
      submitMs: 1e-3,
    })) {
      const [z] = await run(pass, x, [{ from: pass.buffer('state'), features: 2 }]);
      seen.push(z!);
    }
    expect(seen[2]).not.toEqual(seen[0]);
    expect(seen[2]).toEqual((await flow.forward(x)).z);
  });

  it('frees its buffers, and ends with its flow', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    const kinds: PassKind[] = ['forward', 'inverse', 'logProb', 'sample', 'trace'];
    const passes = await Promise.all(kinds.map((kind) => flow.pass(kind, { rows: 5 })));
    const encoder = flow.device.createCommandEncoder();
    passes[0]!.dispose();
    expect(() => passes[0]!.encode(encoder)).toThrow(DisposedError);
    flow.dispose();
    for (const pass of passes.slice(1)) expect(() => pass.encode(encoder)).toThrow(DisposedError);
    await expect(flow.pass('forward', { rows: 5 })).rejects.toThrow(DisposedError);
    for (const pass of passes) pass.dispose();
    expect(buffers.counts.live).toBe(live);
  });

  it.each([0, 2.5, 1e9])('refuses %d rows', async (rows) => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    await expect(flow.pass('forward', { rows })).rejects.toThrow(ShapeError);
  });
});

describe('a pass of a conditional flow', () => {
  const classes = toyDensity('moons').sampleClasses(0, STREAMS.toyTest, 0, ROWS);
  const lower = Float32Array.of(0, 1);

  /** A flow conditioned on the moon, through its nets and the mean of its base. */
  async function given(): Promise<Flow> {
    const spec = realnvp(2, { ...small, contextDim: 2, base: { type: 'class_conditional' } });
    const flow = await Flow.create(spec, { ...(await testOptions()), seed: 2 });
    for await (const _ of flow.fit({ toy: 'moons' }, { steps: 4, batch: 16, learningRate: 5e-2 }));
    return flow;
  }

  it('computes what the calls of the flow do, with a context for each row or one for all', async () => {
    using flow = await given();
    for (const context of [classes, lower]) {
      using score = await flow.pass('logProb', { rows: ROWS, context });
      using sample = await flow.pass('sample', { rows: ROWS, context });
      using trace = await flow.pass('trace', { rows: ROWS, context });
      expect(await run(score, x, [{ from: score.buffer('logProb'), features: 1 }])).toEqual([
        await flow.logProb(x, { context }),
      ]);
      expect(await run(sample, undefined, [{ from: sample.buffer('state'), features: 2 }])).toEqual([
        await flow.sample(ROWS, { context }),
      ]);
      const start = 2 * flow.spec.bijectors.length;
      const [z] = await run(trace, x, [{ from: trace.buffer('states'), features: 2, start }]);
      expectClose('z', z!, (await flow.forward(x, { context })).z, 1e-5);
    }
  });

  it('takes another context between two runs, from the host or on the GPU', async () => {
    using flow = await given();
    using pass = await flow.pass('sample', { rows: ROWS, context: Float32Array.of(1, 0) });
    const samples = { from: pass.buffer('state'), features: 2 };
    const [upper] = await run(pass, undefined, [samples]);
    pass.setContext(lower);
    expect(await run(pass, undefined, [samples])).toEqual([await flow.sample(ROWS, { context: lower })]);
    const columns = new Float32Array(2 * pass.stride).fill(1, 0, pass.stride);
    flow.device.queue.writeBuffer(pass.buffer('context'), 0, columns);
    expect(await run(pass, undefined, [samples])).toEqual([upper]);
  });

  it('has a place for the context where only the base reads one', async () => {
    const spec: FlowSpec = {
      version: 1,
      dim: 2,
      contextDim: 3,
      base: { type: 'class_conditional' },
      bijectors: [{ type: 'standardize' }],
    };
    using flow = await Flow.create(spec, await testOptions());
    using pass = await flow.pass('forward', { rows: 5, context: new Float32Array(3) });
    expect(pass.buffer('context').size).toBe(4 * 3 * pass.stride);
  });

  it('needs a context that is that of its rows, and no other flow takes one', async () => {
    using flow = await given();
    await expect(flow.pass('sample', { rows: 5 })).rejects.toThrow(/pass option context: found none/);
    await expect(flow.pass('sample', { rows: 5, context: classes })).rejects.toThrow(ShapeError);
    using pass = await flow.pass('sample', { rows: 5, context: lower });
    expect(() => pass.setContext(new Float32Array(3))).toThrow(ShapeError);
    using plain = await trained('realnvp');
    await expect(plain.pass('sample', { rows: 5, context: lower })).rejects.toThrow(/no context/);
  });
});

describe('a fresh flow that is given its data', () => {
  const far = Float32Array.from(x, (value) => 100 + 20 * value);

  it('is standardised before any training, as the first fit would do it', async () => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()), data: far });
    using other = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    const before = (await flow.parameters())['bijectors.0.mean'];
    for (const each of [flow, other])
      for await (const _ of each.fit(far, { validation: false, steps: 2, batch: 16 }));
    expect((await flow.parameters())['bijectors.0.mean']).toEqual(before);
    expect(await flow.parameters()).toEqual(await other.parameters());
  });

  it('refuses data without spread', async () => {
    const options = { ...(await testOptions()), data: Float32Array.of(1, 2, 1, 3) };
    await expect(Flow.create(realnvp(2, small), options)).rejects.toThrow(DataError);
  });
});

describe('a fit that ends early', () => {
  const settings = { steps: 6, batch: 16, learningRate: 1e-2, schedule: { kind: 'cosine' } as const };

  it('goes on as if it had never stopped', async () => {
    using whole = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    for await (const _ of whole.fit({ toy: 'moons' }, settings));
    using parts = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    const ends: number[] = [];
    for (const until of [1, 2, 9]) {
      let last = 0;
      for await (const { step } of parts.fit({ toy: 'moons' }, { ...settings, until, resume: until > 1 })) {
        last = step;
      }
      ends.push(last);
    }
    expect(ends).toEqual([1, 2, 6]);
    expect(await parts.parameters()).toEqual(await whole.parameters());
  });

  it.each([0, 1.5, NaN])('refuses to end after step %d', async (until) => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    await expect(flow.fit({ toy: 'moons' }, { ...settings, until }).next()).rejects.toThrow('until');
  });
});
