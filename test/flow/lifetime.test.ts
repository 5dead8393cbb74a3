import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { DisposedError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp, vanilla } from '../../src/presets/index.ts';
import { STREAMS } from '../../src/random.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { testDevice, testGpu, testOptions } from '../support/device.ts';
import { faultyDevice } from '../support/faultyDevice.ts';

const small = { couplings: 2, hidden: [8] };
const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 64);

describe('the end of a flow', () => {
  it('fails the calls that it overtakes, and leaves no buffer behind', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
    const calls = [
      flow.logProb(rows),
      flow.forward(rows),
      flow.gradients(rows),
      flow.parameters(),
      flow.save(),
    ];
    flow.dispose();
    await Promise.all(calls.map((call) => expect(call).rejects.toThrow(DisposedError)));
    expect(buffers.counts.live).toBe(live);
  });

  it('fails a call whose work is on the GPU already', async () => {
    const flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
    // The program is cached the second time, so the work is submitted at once.
    await flow.logProb(rows);
    const call = flow.logProb(rows);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    flow.dispose();
    await expect(call).rejects.toThrow(DisposedError);
  });

  it('ends a fit that is running', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
    const run = async (): Promise<void> => {
      for await (const { step } of flow.fit({ toy: 'moons' }, { steps: 1e6, batch: 16 })) {
        if (step > 5) flow.dispose();
      }
    };
    await expect(run()).rejects.toThrow(DisposedError);
    expect(buffers.counts.live).toBe(live);
  });
});

it('the end of a flow lets the device free what was written to it', async () => {
  const { device, calls } = faultyDevice(await testDevice());
  const flow = await Flow.create(realnvp(2, small), { device, tuning: 'fixed' });
  const { submit } = calls;
  flow.dispose();
  expect(calls.submit).toBe(submit + 1);
});

describe('a fit', () => {
  it('keeps the columns, the labels and the preset of the model that it refines', async () => {
    using flow = await Flow.create(realnvp(2, { ...small, contextDim: 2 }), await testOptions());
    const context = Float32Array.from({ length: 128 }, (_, i) => Number((i >> 1) % 2 === i % 2));
    const contextColumns = [{ name: 'moon', levels: ['upper', 'lower'] }];
    const short = { steps: 1, batch: 16, context };
    for await (const _ of flow.fit(rows, { ...short, columns: ['a', 'b'], contextColumns, preset: 'mine' }));
    using loaded = await Flow.load(await flow.save(), await testOptions());
    for await (const _ of loaded.fit(rows, { ...short, columns: undefined }));
    expect(loaded.training).toMatchObject({ columns: ['a', 'b'], context: contextColumns, preset: 'mine' });
    for await (const _ of loaded.fit(rows, { ...short, columns: ['c', 'd'] }));
    expect(loaded.training).toMatchObject({ columns: ['c', 'd'], preset: 'mine' });
  });

  it('is one at a time', async () => {
    using flow = await Flow.create(vanilla(2, small), { ...(await testOptions()) });
    const first = flow.fit({ toy: 'moons' }, { steps: 100, batch: 16 });
    await first.next();
    await expect(flow.fit({ toy: 'moons' }, { steps: 1 }).next()).rejects.toThrow('one at a time');
    await first.return();
    expect((await flow.fit({ toy: 'moons' }, { steps: 1, batch: 16 }).next()).value?.step).toBe(1);
  });

  it.each<[Partial<FitOptions>, string]>([
    [{ steps: 0 }, 'steps'],
    [{ batch: 1.5 }, 'batch'],
    [{ batch: 1e12 }, 'batch of 1000000000000 rows'],
    [{ learningRate: NaN }, 'learningRate'],
    [{ clipNorm: -1 }, 'clipNorm'],
    [{ beta2: 1 }, 'beta2'],
    [{ validation: { data: rows, every: 0 } }, 'validation.every'],
    [{ validation: { data: rows, patience: 0 } }, 'validation.patience'],
    [{ validation: { data: Float32Array.of(1, NaN) } }, 'validation: found NaN'],
    [{ validation: { data: rows.subarray(1) } }, 'validation.data'],
    [{ resume: true }, 'no training to resume'],
  ])('refuses %o, and neither changes nor keeps anything', async (options, message) => {
    const { buffers } = await testGpu();
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    const before = await flow.save();
    const { live } = buffers.counts;
    await expect(flow.fit(rows, { steps: 5, ...options }).next()).rejects.toThrow(message);
    expect(await flow.save()).toEqual(before);
    expect(buffers.counts.live).toBe(live);
  });

  it('keeps the standardisation of a flow that was trained before', async () => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()) });
    const train = async (data: Float32Array): Promise<Float32Array> => {
      for await (const _ of flow.fit(data, { steps: 2, batch: 16 }));
      return (await flow.parameters())['bijectors.0.mean']!;
    };
    const mean = await train(rows);
    expect(mean).not.toEqual(new Float32Array(2));
    expect(await train(rows.map((value) => value + 5))).toEqual(mean);
  });
});

describe('a spec that no file could hold', () => {
  it.each<[string, (spec: FlowSpec) => unknown]>([
    ['an unknown activation', (spec) => withConditioner(spec, { activation: 'gelu' })],
    ['too many layers', (spec) => withConditioner(spec, { hidden: Array.from({ length: 65 }, () => 2) })],
    ['an unknown bijector', (spec) => ({ ...spec, bijectors: [{ type: 'planar' }] })],
    ['a width out of range', (spec) => withConditioner(spec, { hidden: [70_000] })],
  ])('is refused: %s', async (_, change) => {
    const spec = change(vanilla(2, small)) as FlowSpec;
    await expect(Flow.create(spec, { ...(await testOptions()) })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
  });
});

function withConditioner(spec: FlowSpec, change: object): unknown {
  return {
    ...spec,
    bijectors: spec.bijectors.map((bijector) =>
      'conditioner' in bijector
        ? { ...bijector, conditioner: { ...bijector.conditioner, ...change } }
        : bijector,
    ),
  };
}
