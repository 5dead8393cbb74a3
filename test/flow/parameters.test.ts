import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { DataError, DisposedError, ShapeError } from '../../src/errors.ts';
import type { TensorValues } from '../../src/flow/contents.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glow, nice, PRESETS, realnvp } from '../../src/presets/index.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { STREAMS } from '../../src/random.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';
import { specOf } from '../support/randomSpecs.ts';

const OPTIONS = await testOptions();
const small = { couplings: 2, hidden: [8] };
const points = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 512);
const SHORT = { steps: 4, batch: 64 };

async function trained(flow: Flow, options: object = {}): Promise<void> {
  for await (const _ of flow.fit(points, { ...SHORT, ...options }));
}

describe('setParameters', () => {
  it('gives a flow the parameters of another, to the bit', async () => {
    using one = await Flow.create(realnvp(2, small), { ...OPTIONS, seed: 1, data: points });
    using other = await Flow.create(realnvp(2, small), { ...OPTIONS, seed: 2 });
    await trained(one);
    const parameters = await one.parameters();
    await other.setParameters(parameters);
    expect(await other.parameters()).toEqual(parameters);
    expect(await other.logProb(points)).toEqual(await one.logProb(points));
    expectClose(
      'twin',
      await other.logProb(points),
      new ReferenceFlow(other.spec, parameters).logProb(points),
      1e-5,
    );
  });

  it('changes the named tensors only, and takes plain numbers', async () => {
    using flow = await Flow.create(
      specOf(2, [{ type: 'diagonal_scale' }, { type: 'diagonal_scale' }]),
      OPTIONS,
    );
    await flow.setParameters({ 'bijectors.1.log_scale': [0.5, -1] });
    const tensors = await flow.parameters();
    expect([...tensors['bijectors.0.log_scale']!]).toEqual([0, 0]);
    expect([...tensors['bijectors.1.log_scale']!]).toEqual([0.5, -1]);
  });

  it('takes the values when it is called, after earlier calls and before later ones', async () => {
    using flow = await Flow.create(specOf(1, [{ type: 'diagonal_scale' }]), OPTIONS);
    const x = Float32Array.of(1);
    const values = new Float32Array(1);
    const calls = [0, 1, 2, 3].flatMap((scale) => {
      const changed = flow.setParameters({ 'bijectors.0.log_scale': values.fill(scale) });
      return [changed.then(() => undefined), flow.forward(x), flow.forward(x)];
    });
    values.fill(9);
    const tensors = flow.parameters();
    const found = await Promise.all(calls);
    const logDets = found.flatMap((result) => (result === undefined ? [] : [result.logDet[0]]));
    expect(logDets).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect((await tensors)['bijectors.0.log_scale']?.[0]).toBe(3);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown name', { scale: [1] }, /"scale", which the flow lacks, expected one of bijectors/],
    [
      'another length',
      { 'bijectors.1.log_scale': [1] },
      /log_scale: found 1 values, expected 4, of shape \[4\]/,
    ],
    ['NaN', { 'bijectors.1.log_scale': [1, 2, NaN, 4] }, /log_scale, element 2: found NaN/],
    ['what float32 cannot hold', { 'bijectors.1.log_scale': [1e39, 0, 0, 0] }, /element 0: found Infinity/],
    ['text', { 'bijectors.1.log_scale': ['1', 0, 0, 0] }, /element 0: found NaN/],
    ['no numbers', { 'bijectors.1.log_scale': 4 }, /log_scale: found a number, expected a Float32Array/],
    [
      'a standard deviation of 0',
      { 'bijectors.0.std': [1, 0, 1, 1] },
      /std, element 1: found 0, expected a number > 0/,
    ],
    [
      'a number twice in a permutation',
      { 'bijectors.2.permutation': [0, 1, 1, 3] },
      /permutation, element 2: found 1/,
    ],
  ])('refuses %s, and changes nothing', async (_, values, message) => {
    const spec = specOf(4, [
      { type: 'standardize' },
      { type: 'diagonal_scale' },
      { type: 'permutation', init: 'random' },
    ]);
    using flow = await Flow.create(spec, OPTIONS);
    const before = await flow.parameters();
    const call = flow.setParameters({ 'bijectors.0.mean': [1, 2, 3, 4], ...(values as TensorValues) });
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.toThrow(ShapeError);
    expect(await flow.parameters()).toEqual(before);
  });

  it('is refused while a fit runs, and ends what an earlier run could resume', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    for await (const _ of flow.fit(points, SHORT)) {
      await expect(flow.setParameters({})).rejects.toThrow('found a fit that is still running');
    }
    await flow.setParameters({});
    await expect(trained(flow, { resume: true })).rejects.toThrow(DataError);
  });

  it('makes a fresh flow one whose values no data replace', async () => {
    using flow = await Flow.create(glow(4, small), OPTIONS);
    const tensors = await flow.parameters();
    const name = Object.keys(tensors).find((tensor) => tensor.endsWith('.initialised'))!;
    const owner = name.slice(0, name.lastIndexOf('.'));
    await flow.setParameters({
      [`${owner}.log_scale`]: [0.5, 0.5, 0.5, 0.5],
      'bijectors.0.std': [3, 3, 3, 3],
    });
    expect([...(await flow.parameters())[name]!]).toEqual([1]);
    const rows = toyDensity('warped8').sample(0, STREAMS.toyTest, 0, 64);
    for await (const _ of flow.fit(rows, { ...SHORT, learningRate: 1e-6, validation: false }));
    const after = await flow.parameters();
    expect([...after['bijectors.0.std']!]).toEqual([3, 3, 3, 3]);
    expectClose('log_scale', after[`${owner}.log_scale`]!, [0.5, 0.5, 0.5, 0.5], 1e-4);
  });

  it('sets the spread that rows with an offset are checked against', async () => {
    using flow = await Flow.create(specOf(1, [{ type: 'standardize', offset: [1e6] }]), OPTIONS);
    const x = Float32Array.of(1e6);
    await flow.setParameters({ 'bijectors.0.std': [100] });
    expect(await flow.logProb(x)).toHaveLength(1);
    await flow.setParameters({ 'bijectors.0.std': [1] });
    await expect(flow.logProb(x)).rejects.toThrow(DataError);
  });
});

describe('a clone', () => {
  it('has the same bits, record and resumable run, and is independent afterwards', async () => {
    using flow = await Flow.create(PRESETS.nice, { ...OPTIONS, ...small, dim: 2, seed: 3 });
    await trained(flow, { steps: 6, until: 4, columns: ['a', 'b'], validation: false });
    using clone = await flow.clone();
    expect(clone.training).toEqual(flow.training);
    expect(await clone.save({ checkpoint: true })).toEqual(await flow.save({ checkpoint: true }));
    await trained(clone, { steps: 6, resume: true, validation: false });
    const [own, other] = [await flow.parameters(), await clone.parameters()];
    expect(other).not.toEqual(own);
    await trained(flow, { steps: 6, resume: true, validation: false });
    expect(await flow.parameters()).toEqual(other);
  });

  it('of a fresh flow is fresh, with the settings of its preset', async () => {
    using flow = await Flow.create(PRESETS.realnvp, { ...OPTIONS, ...small, dim: 2, seed: 3 });
    using clone = await flow.clone();
    for (const one of [flow, clone]) await trained(one, { steps: 2 });
    expect(await clone.save({ checkpoint: true })).toEqual(await flow.save({ checkpoint: true }));
    expect(clone.training?.preset).toBe('realnvp');
  });

  it('outlives its flow', async () => {
    const flow = await Flow.create(nice(2, small), OPTIONS);
    using clone = await flow.clone();
    const expected = await flow.logProb(points);
    flow.dispose();
    expect(await clone.logProb(points)).toEqual(expected);
    await expect(flow.clone()).rejects.toThrow(DisposedError);
  });

  it('keeps the device open that its flow opened, until both are disposed of', async () => {
    const destroy = vi.fn<() => void>();
    // Another object than the device itself, which requestDevice would keep alive with this adapter instead of its own.
    const device = new Proxy(OPTIONS.device, {
      get(own, name) {
        const value: unknown = name === 'destroy' ? destroy : Reflect.get(own, name);
        return typeof value === 'function' ? (value.bind(own) as unknown) : value;
      },
    });
    const adapter = {
      features: new Set(),
      limits: device.limits,
      requestDevice: () => Promise.resolve(device),
    };
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(adapter) } });
    onTestFinished(() => void vi.unstubAllGlobals());
    const flow = await Flow.create(realnvp(2, small), { tuning: 'fixed' });
    const clone = await flow.clone();
    const stopped = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(flow.clone(stopped)).rejects.toThrow('enough');
    flow.dispose();
    expect(destroy).not.toHaveBeenCalled();
    expect(await clone.logProb(points)).toHaveLength(512);
    clone.dispose();
    clone.dispose();
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('and a file hold parameters that were just set, and no earlier run', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    for await (const _ of flow.fit(points, { ...SHORT, validation: false }));
    const mean = [3, 4];
    void flow.setParameters({ 'bijectors.0.mean': mean });
    const [file, clone] = await Promise.all([flow.save({ checkpoint: true }), flow.clone()]);
    using loaded = await Flow.load(file, OPTIONS);
    for (const one of [loaded, clone]) {
      expect([...(await one.parameters())['bijectors.0.mean']!]).toEqual(mean);
      await expect(one.fit(points, { resume: true }).next()).rejects.toThrow('no training to resume');
    }
    clone.dispose();
  });

  it('of a flow in a fit has its last submitted step', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    for await (const { step } of flow.fit(points, { ...SHORT, reportEvery: 2, validation: false })) {
      using clone = await flow.clone();
      expect(clone.training?.steps).toBeGreaterThanOrEqual(step);
      expect(await clone.logProb(points)).toHaveLength(512);
    }
  });
});
