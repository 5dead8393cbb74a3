import { describe, expect, it } from 'vitest';
import { DataError, DisposedError, NonFiniteError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { Gathering } from '../../src/flow/gathering.ts';
import { passJob } from '../../src/flow/jobs.ts';
import type { PassJob } from '../../src/flow/jobs.ts';
import { Gpu } from '../../src/gpu/gpu.ts';
import { RowRunner } from '../../src/gpu/rows.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import type { PassName } from '../../src/passes/index.ts';
import { PARAMETERS } from '../../src/plan/names.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import type { Rows } from '../../src/calls/callerArrays.ts';
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { testOptions } from '../support/device.ts';
import { modelOf, randomContext, randomParameters, rowsWithin, specOf } from '../support/randomSpecs.ts';

const OPTIONS = await testOptions();
const SMALL = { couplings: 3, hidden: [16, 16] };
const COUNTS = [1, 10, 3, 1, 64, 7, 129, 2];

async function loaded(spec: FlowSpec): Promise<Flow> {
  return Flow.load(encodeModel({ spec, parameters: randomParameters(spec, 3) }), OPTIONS);
}

describe('small calls at the same time', () => {
  it('take one submit for each pass', async () => {
    using flow = await loaded(realnvp(2, SMALL));
    const { counts } = Gpu.of(flow.device).buffers;
    const x = Float32Array.from(rowsWithin(flow.spec, 1000));
    await flow.logProb(x);
    const before = counts.submits;
    const scores = await Promise.all(
      Array.from({ length: 100 }, (_, i) => flow.logProb(x.subarray(20 * i, 20 * i + 20))),
    );
    expect(counts.submits - before).toBe(1);
    expect(scores.map((part) => part.length)).toEqual(Array.from({ length: 100 }, () => 10));
    await Promise.all(
      [0, 1, 2].flatMap((i) => [flow.forward(x.subarray(i, i + 2)), flow.inverse(x.subarray(i, i + 4))]),
    );
    expect(counts.submits - before).toBe(3);
  });

  it.each<[string, FlowSpec]>([
    ['realnvp', realnvp(2, SMALL)],
    ['realnvp of many features', realnvp(17, SMALL)],
    ['realnvp given a context', realnvp(3, { couplings: 2, hidden: [8], contextDim: 2 })],
    ['residual nets', realnvp(3, { couplings: 2, hidden: [16], residualBlocks: 2 })],
    ['nice', nice(5, SMALL)],
    ['glow', glow(4, SMALL)],
    ['spline', spline(2, SMALL)],
    [
      'means from the context',
      { ...realnvp(3, { ...SMALL, contextDim: 2 }), base: { type: 'class_conditional' } },
    ],
    ['an offset', specOf(2, [{ type: 'standardize', offset: [1e6, 0] }, { type: 'actnorm' }])],
  ])('get the bits that each gets alone: %s', async (_, spec) => {
    using flow = await loaded(spec);
    const shift = (value: number, i: number): number => (i % 2 === 0 ? 1e6 + value : value);
    const calls = COUNTS.flatMap((count, seed) => {
      const rows = rowsWithin(spec, count, seed + 1);
      const isShifted = spec.bijectors.some((bijector) => 'offset' in bijector);
      const x = isShifted ? rows.map(shift) : seed % 3 === 0 ? rows : Float32Array.from(rows);
      const z = Float32Array.from(rows);
      const context = randomContext(spec, count);
      const given = context && { context: seed % 2 === 0 ? context : context.subarray(0, spec.contextDim) };
      return [
        () => flow.logProb(x, given),
        () => flow.forward(x, given),
        () => flow.inverse(z, given),
        () => flow.trace(x, given),
        () => flow.logProbGradient(x, given),
        () => flow.sample(count, { seed, ...given }),
      ];
    });
    const alone = [];
    for (const call of calls) alone.push(await call());
    expect(await Promise.all(calls.map((call) => call()))).toEqual(alone);
  });

  it('keep their errors to themselves', async () => {
    using flow = await Flow.create(vanilla(2, SMALL), OPTIONS);
    const good = Float32Array.of(1, 2, 3, 4);
    const bad = Float32Array.of(0, 0, 1e30, 1e30, 0, 0);
    const [first, far, middle, notFinite, last] = await Promise.allSettled([
      flow.forward(good),
      flow.forward(bad),
      flow.forward(good),
      flow.forward(good.with(2, NaN)),
      flow.forward(good),
    ]);
    const expected = await flow.forward(good);
    for (const result of [first, middle, last])
      expect(result).toEqual({ status: 'fulfilled', value: expected });
    expect(far).toMatchObject({ status: 'rejected', reason: { rows: [2], count: 3 } });
    expect((far as PromiseRejectedResult).reason).toBeInstanceOf(NonFiniteError);
    expect((notFinite as PromiseRejectedResult).reason).toBeInstanceOf(DataError);
    expect(String((notFinite as PromiseRejectedResult).reason)).toContain('row 2');
  });

  it('lose none but the one that is aborted', async () => {
    using flow = await loaded(realnvp(2, SMALL));
    const x = Float32Array.of(1, 2);
    const expected = await flow.logProb(x);
    const stopper = new AbortController();
    const calls = [undefined, stopper.signal, undefined].map((signal) => flow.logProb(x, { signal }));
    stopper.abort(new Error('enough'));
    expect(await Promise.allSettled(calls)).toEqual([
      { status: 'fulfilled', value: expected },
      { status: 'rejected', reason: new Error('enough') },
      { status: 'fulfilled', value: expected },
    ]);
    await expect(flow.logProb(x, { signal: stopper.signal })).rejects.toThrow('enough');
    await expect(flow.logProb(new Float32Array(0), { signal: stopper.signal })).rejects.toThrow('enough');
  });

  it('end with their flow', async () => {
    const flow = await loaded(realnvp(2, SMALL));
    const x = Float32Array.of(1, 2);
    const calls = Array.from({ length: 9 }, () => flow.logProb(x));
    flow.dispose();
    for (const result of await Promise.allSettled(calls)) {
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(DisposedError);
    }
  });
});

describe.each(['resident', 'tiled'] as const)('the %s kernels of a GPU', (regime) => {
  it.each<[string, FlowSpec]>([
    ['realnvp', realnvp(6, SMALL)],
    ['glow given a context', glow(4, { ...SMALL, contextDim: 2 })],
    ['spline', spline(2, SMALL)],
    ['wide nets', realnvp(4, { couplings: 2, hidden: [96] })],
  ])('give a row the same bits among any others: %s', async (_, spec) => {
    const gpu = Gpu.of(OPTIONS.device);
    const model = modelOf(spec);
    using parameters = gpu.buffers.storage(PARAMETERS, model.layout.length);
    gpu.buffers.write(parameters, randomParameters(spec, 3));
    using runner = new RowRunner(gpu, new Map([[PARAMETERS, parameters]]));
    const variants = { ...fixedVariants({ software: false, subgroupMinSize: 0 }), regime };
    const x = rowsWithin(spec, 1024);
    const context = randomContext(spec, 1024);
    for (const pass of ['logProb', 'inverse'] as const) {
      const results = async (start: number, count: number): Promise<Rows[]> => {
        const part = <Values extends Rows>(values: Values, width: number): Values =>
          values.slice(start * width, (start + count) * width) as Values;
        const job = passJob(
          model,
          pass,
          { count, values: part(x, spec.dim) },
          context ? { context: part(context, spec.contextDim) } : {},
        );
        await runner.run(() =>
          Promise.resolve({ ...job, kind: pass, planOf: (chunk) => job.planOf(chunk, variants) }),
        );
        return job.outputs.map(({ rows }) => rows);
      };
      const all = await results(0, 1024);
      for (const [start, count] of [
        [0, 1],
        [1000, 10],
        [3, 129],
      ] as const) {
        const some = await results(start, count);
        some.forEach((rows, index) => {
          const width = rows.length / count;
          expect(rows, `${pass}, ${count} rows`).toEqual(
            all[index]!.slice(start * width, (start + count) * width),
          );
        });
      }
    }
  });
});

describe('calls of every kind at the same time', () => {
  it('give what they give one after another, whatever becomes of their arrays', async () => {
    using flow = await loaded(realnvp(2, SMALL));
    const first = await flow.parameters();
    const name = 'bijectors.1.conditioner.0.bias';
    const second = Float32Array.from(first[name]!, (value) => value + 0.25);
    const buffer = new Float32Array(26);
    const rowsFor = (turn: number): Float32Array => buffer.fill(0).map((_, i) => Math.sin(7 * turn + i));
    const kinds = [
      (x: Float32Array) => flow.logProb(x),
      (x: Float32Array) => flow.forward(x),
      (x: Float32Array) => flow.inverse(x),
      (x: Float32Array) => flow.trace(x),
      (x: Float32Array) => flow.gradients(x),
      (x: Float32Array) => flow.logProbGradient(x),
      (_: Float32Array, turn: number) => flow.sampleAndLogProb(5, { seed: turn }),
      (_: Float32Array, turn: number) =>
        flow.setParameters({ [name]: turn % 2 === 0 ? second : first[name]! }),
      () => flow.parameters(),
    ];
    const turns = Array.from({ length: 120 }, (_, turn) => ({
      turn,
      kind: kinds[(turn * 7 + (turn % 11)) % kinds.length]!,
    }));
    const expected = [];
    for (const { turn, kind } of turns) expected.push(await kind(rowsFor(turn), turn));
    await flow.setParameters(first);
    const found = turns.map(({ turn, kind }) => {
      buffer.set(rowsFor(turn));
      const result = kind(buffer, turn);
      buffer.fill(NaN);
      return result;
    });
    expect(await Promise.all(found)).toEqual(expected);
  });

  it('end when the flow is disposed of in the middle', async () => {
    const flow = await loaded(realnvp(2, SMALL));
    const x = Float32Array.from(rowsWithin(flow.spec, 3000));
    const calls: Promise<unknown>[] = Array.from({ length: 12 }, (_, i) =>
      i % 3 === 0
        ? flow.logProb(x)
        : i % 3 === 1
          ? flow.logProbGradient(x.subarray(0, 8))
          : flow.setParameters({}),
    );
    calls.push(flow.clone(), flow.save());
    await calls[0];
    flow.dispose();
    const results = await Promise.allSettled(calls);
    for (const result of results) {
      if (result.status === 'fulfilled' && result.value instanceof Flow) result.value.dispose();
    }
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.every((reason) => reason instanceof DisposedError)).toBe(true);
  });
});

it('calls that run once more on another device keep their own results, also if one was aborted', async () => {
  const jobOf = (value: number, signal?: AbortSignal) =>
    ({
      pass: 'logProb',
      rows: 1,
      chunkRows: 64,
      inputs: [{ buffer: 'x', features: 1, rows: Float32Array.of(value) }],
      outputs: [{ buffer: 'y', features: 1, rows: new Float32Array(1) }],
      signal,
    }) as unknown as PassJob<'logProb'>;
  const aborter = new AbortController();
  const [kept, aborted] = [jobOf(5), jobOf(7, aborter.signal)];
  const gathering = new Gathering();
  let start = (): void => undefined;
  const turn = new Promise<void>((resolve) => (start = resolve));
  const run = async (together: () => Promise<PassJob<PassName>>): Promise<void> => {
    await turn;
    // The device is lost before there are results; by the second attempt a call was aborted.
    await together();
    aborter.abort(new Error('enough'));
    const { inputs, outputs } = await together();
    outputs[0]!.rows.set(inputs![0]!.rows.map((value) => 10 * value));
  };
  const calls = [gathering.run(kept, run), gathering.run(aborted, run)];
  start();
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(kept.outputs[0]!.rows[0]).toBe(50);
});
