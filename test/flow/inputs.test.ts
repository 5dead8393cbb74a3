import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import type { FitOptions, TrainingData } from '../../src/training/options.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp } from '../../src/presets/index.ts';
import { toyDensity } from '../../src/data/toy.ts';
import { STREAMS } from '../../src/random.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { testOptions } from '../support/device.ts';

const OPTIONS = await testOptions();
const ROWS = 7;
const small = { couplings: 2, hidden: [8] };
const plain = realnvp(2, small);
const conditional = realnvp(2, { ...small, contextDim: 1 });
const points = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 64);
const one = (index: number): Float32Array => points.slice(2 * ROWS * index, 2 * ROWS * (index + 1));
const contexts = (index: number): Float32Array =>
  Float32Array.from({ length: ROWS }, (_, i) => i - 3 * index);

/** Part of ES2024, which the types lack. */
type ResizableBuffer = ArrayBuffer & { resize: (bytes: number) => void };
const ResizableBuffer = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ResizableBuffer;

/** All calls that take an array, with the array given as x, z or context. */
const CALLS: Record<string, { spec: FlowSpec; take: (flow: Flow, given: Float32Array) => Promise<unknown> }> =
  {
    logProb: { spec: plain, take: (flow, x) => flow.logProb(x) },
    forward: { spec: plain, take: (flow, x) => flow.forward(x) },
    inverse: { spec: plain, take: (flow, z) => flow.inverse(z) },
    trace: { spec: plain, take: (flow, x) => flow.trace(x) },
    'inverse trace': { spec: plain, take: (flow, z) => flow.trace(z, { direction: 'inverse' }) },
    gradients: { spec: plain, take: (flow, x) => flow.gradients(x) },
    'context of logProb': {
      spec: conditional,
      take: (flow, context) => flow.logProb(one(0), { context: context.subarray(0, ROWS) }),
    },
    'context of sample': {
      spec: conditional,
      take: (flow, context) => flow.sample(ROWS, { context: context.subarray(0, ROWS) }),
    },
    'context of sampleAndLogProb': {
      spec: conditional,
      take: (flow, context) => flow.sampleAndLogProb(ROWS, { context: context.subarray(0, ROWS) }),
    },
    fit: { spec: plain, take: (flow, data) => trained(flow, data, {}) },
    'validation of fit': {
      spec: plain,
      take: (flow, data) => trained(flow, points, { validation: { data, every: 1 } }),
    },
    'context of fit': {
      spec: conditional,
      take: (flow, context) => trained(flow, one(0), { context: context.subarray(0, ROWS) }),
    },
    'data of create': {
      spec: plain,
      take: async (_, data) => {
        using flow = await Flow.create(plain, { ...OPTIONS, data });
        return await flow.parameters();
      },
    },
    'bytes of load': {
      spec: plain,
      take: async (flow, mean) => {
        const saved = await flow.save();
        const shared = mean.buffer instanceof ArrayBuffer ? saved : onBuffer(saved);
        const loading = Flow.load(shared, OPTIONS);
        shared.fill(0);
        using loaded = await loading;
        return await loaded.parameters();
      },
    },
  };

describe.each(Object.entries(CALLS))('%s', (name, { spec, take }) => {
  const given = name.startsWith('context') ? contexts : one;
  const isTraining = / of (fit|create|load)|^fit/.test(name);
  let first: Promise<Flow> | undefined;
  const flowFor = async (): Promise<Flow> => {
    if (isTraining || first === undefined) first = Flow.create(spec, { ...OPTIONS, seed: 3, data: points });
    return first;
  };

  it('takes what is in the array when it is called', async () => {
    const turns = isTraining ? [0] : [0, 1, 2, 3];
    const expected = [];
    for (const index of turns) expected.push(await take(await flowFor(), given(index)));
    const flow = await flowFor();
    const array = given(0);
    const results = turns.map((index) => {
      array.set(given(index));
      return take(flow, array);
    });
    array.fill(0.25);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(await Promise.all(results)).toEqual(expected);
  });

  it('takes an array on a shared or resizable buffer as any other', async () => {
    const expected = await take(await flowFor(), given(1));
    expect(await take(await flowFor(), onBuffer(given(1)))).toEqual(expected);
    const bytes = given(1).byteLength;
    const resizable = new ResizableBuffer(bytes, { maxByteLength: 4 * bytes });
    const view = new Float32Array(resizable, 0, given(1).length);
    view.set(given(1));
    const result = take(await flowFor(), view);
    resizable.resize(8);
    expect(await result).toEqual(expected);
  });
});

describe('an array that cannot be taken', () => {
  const gone = (): Float32Array => {
    const array = one(0);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  };
  const cut = (): Float32Array => {
    const buffer = new ResizableBuffer(64, { maxByteLength: 64 });
    const array = new Float32Array(buffer, 8, 14);
    buffer.resize(16);
    return array;
  };
  const refused: [string, () => unknown, RegExp][] = [
    ['that was transferred', gone, /found an array whose buffer was transferred or cut short, expected/],
    ['that was cut short', cut, /found an array whose buffer was transferred or cut short, expected/],
    ['of JavaScript', () => [...one(0)], /row 1: found a number, expected an array of \d numbers?/],
    ['of integers', () => new Int32Array(14), /found an Int32Array, expected a Float32Array/],
    ['of big integers', () => new BigInt64Array(14), /found a BigInt64Array, expected a Float32Array/],
    ['without its view', () => one(0).buffer, /found an ArrayBuffer, expected a Float32Array/],
    ['in a DataView', () => new DataView(one(0).buffer), /found a DataView, expected a Float32Array/],
    ['of nothing', () => null, /found null, expected a Float32Array/],
    ['as text', () => '1,2', /found a string, expected a Float32Array/],
  ];

  it.each(refused)('%s is refused by every call', async (_, make, message) => {
    using flow = await Flow.create(plain, OPTIONS);
    using given = await Flow.create(conditional, OPTIONS);
    const bad = make() as Float32Array;
    const calls: (() => Promise<unknown>)[] = [
      () => flow.logProb(bad),
      () => flow.forward(bad),
      () => flow.inverse(bad),
      () => flow.trace(bad),
      () => flow.trace(bad, { direction: 'inverse' }),
      () => flow.gradients(bad),
      () => given.logProb(one(0), { context: bad }),
      () => given.sample(ROWS, { context: bad }),
      () => given.sampleAndLogProb(ROWS, { context: bad }),
      () => given.pass('sample', { rows: ROWS, context: bad }),
      () => Flow.create(plain, { ...OPTIONS, data: bad }),
      () => flow.fit(bad, { steps: 1 }).next(),
      () => flow.fit(points, { steps: 1, validation: { data: bad } }).next(),
      () => given.fit(one(0), { steps: 1, context: bad }).next(),
    ];
    for (const call of calls) {
      await expect(call(), String(call)).rejects.toThrow(message);
      await expect(call(), String(call)).rejects.toThrow(ShapeError);
    }
    using pass = await given.pass('sample', { rows: ROWS, context: contexts(0) });
    expect(() => pass.setContext(bad)).toThrow(message);
  });

  it('is refused as a model file too', async () => {
    using flow = await Flow.create(plain, OPTIONS);
    const bytes = await flow.save();
    const promise = Promise.resolve(bytes) as unknown as Uint8Array;
    await expect(Flow.load(promise, OPTIONS)).rejects.toThrow(
      'source: found a Promise, expected a Uint8Array, an ArrayBuffer, a Response or a Blob. Await a promise first.',
    );
    structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
    await expect(Flow.load(bytes, OPTIONS)).rejects.toThrow(/transferred/);
    await expect(Flow.load(bytes.buffer as ArrayBuffer, OPTIONS)).rejects.toThrow(/transferred/);
  });
});

it('a pass keeps the context that it was made with', async () => {
  using flow = await Flow.create(conditional, OPTIONS);
  const context = contexts(1);
  const made = flow.pass('sample', { rows: ROWS, context });
  const expected = flow.sample(ROWS, { context });
  context.fill(9);
  using pass = await made;
  const { device } = flow;
  const length = 2 * 4 * pass.stride;
  const staging = device.createBuffer({ size: length, usage: 9 });
  const encoder = device.createCommandEncoder();
  pass.encode(encoder);
  encoder.copyBufferToBuffer(pass.buffer('state'), 0, staging, 0, length);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const state = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  const rows = await expected;
  const columns = [0, 1].flatMap((feature) =>
    Array.from({ length: ROWS }, (_, row) => rows[2 * row + feature]),
  );
  const drawn = [0, 1].flatMap((feature) => [...state.subarray(feature * pass.stride).subarray(0, ROWS)]);
  drawn.forEach((value, i) => expect(value).toBeCloseTo(columns[i] ?? NaN, 4));
});

/** A copy on a buffer that other threads share. */
function onBuffer<View extends Float32Array | Uint8Array>(values: View): View {
  const shared = new SharedArrayBuffer(values.byteLength);
  const view = values instanceof Uint8Array ? new Uint8Array(shared) : new Float32Array(shared);
  view.set(values);
  return view as View;
}

async function trained(flow: Flow, data: TrainingData, options: Partial<FitOptions>): Promise<unknown> {
  const scores: (number | undefined)[] = [];
  const run = flow.fit(data, { steps: 3, batch: 5, ...options });
  await Promise.resolve();
  for await (const { nll, validationNll } of run) scores.push(nll, validationNll);
  return { scores, parameters: await flow.parameters() };
}
