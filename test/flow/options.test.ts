import { describe, expect, it } from 'vitest';
import { bench, configModel } from '../../src/measure/index.ts';
import type { ConfigName } from '../../src/measure/index.ts';
import { encodeContext } from '../../src/model/context.ts';
import { toyDensity } from '../../src/data/toy.ts';
import { DataError, ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import type { PresetFlowOptions } from '../../src/flow/options.ts';
import { glow, nice, PRESETS, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { nflowsModel, normflowsModel } from '../../src/io/torch/nflows.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import { openDevice } from '../../src/node.ts';
import { STREAMS } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import { Table } from '../../src/table.ts';
import { testGpu, testOptions } from '../support/device.ts';

const small = { couplings: 2, hidden: [8] };
const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 64);

/**
 * Values that are invalid for every number; zero and fractions are absent, because some options allow them.
 */
const NO_NUMBERS = [NaN, Infinity, 1e39, -1, '1', null, true, [], {}];
const NO_COUNTS = [...NO_NUMBERS, 1.5];
const NO_NAMES = ['fastest', 1, null, {}];
const NO_FLAGS = ['yes', 1, null];
const NO_SIGNALS = [{}, 'stop', new AbortController()];
const NO_FUNCTIONS = ['f', {}];

const NO_ARRAYS = ['moon', 1, null, new Int32Array(2)];

const NO_RUN = { signal: NO_SIGNALS, context: NO_ARRAYS };
const NO_SAMPLE = { ...NO_RUN, seed: NO_COUNTS, temperature: NO_NUMBERS, firstRow: NO_COUNTS };
const NO_TUNING = {
  signal: NO_SIGNALS,
  tuning: NO_NAMES,
  precision: NO_NAMES,
  tuningCache: [() => undefined, { get: () => undefined }],
  onTuning: NO_FUNCTIONS,
  device: ['gpu', {}, null],
};
const NO_LOG_PROB = {
  ...NO_RUN,
  widths: NO_ARRAYS,
  draws: [...NO_COUNTS, 0],
  seed: NO_COUNTS,
  firstRow: NO_COUNTS,
};
const NO_SCHEDULES = [
  'cosine',
  'exponential:0.99',
  null,
  {},
  { kind: 'linear' },
  { kind: 'exponential' },
  { kind: 'exponential', decay: 0 },
  { kind: 'exponential', decay: 1.01 },
  { kind: 'exponential', decay: NaN },
  { kind: 'exponential', decay: '0.9' },
  { kind: 'cosine', decay: 0.9 },
  { kind: 'constant', warmup: 10 },
  { kind: 'plateau' },
  { kind: 'plateau', factor: 0.5 },
  { kind: 'plateau', factor: 1, patience: 3 },
  { kind: 'plateau', factor: NaN, patience: 3 },
  { kind: 'plateau', factor: 0.5, patience: 0 },
];
const NO_FIT = {
  ...NO_RUN,
  steps: [...NO_COUNTS, 0],
  until: [...NO_COUNTS, 0],
  reportEvery: [...NO_COUNTS, 0],
  batch: [...NO_COUNTS, 0],
  learningRate: [...NO_NUMBERS, 0, 1e-60],
  schedule: NO_SCHEDULES,
  clipNorm: NO_NUMBERS,
  beta1: [...NO_NUMBERS, 1, 0.999_999_999_99],
  beta2: [...NO_NUMBERS, 1],
  epsilon: [...NO_NUMBERS, 0],
  warmup: NO_COUNTS,
  optimizer: NO_NAMES,
  momentum: [...NO_NUMBERS, 1],
  weightDecay: NO_NUMBERS,
  averageDecay: [...NO_NUMBERS, 1],
  jitter: NO_NUMBERS,
  freeze: ['bijectors.0', [1], ['bijectors.9']],
  newData: NO_FLAGS,
  widths: [...NO_ARRAYS, new Float32Array(3)],
  weights: [...NO_ARRAYS, new Float32Array(3)],
  table: ['x', [1], [{}], [{ type: 'number', name: 'x' }], []],
  seed: NO_COUNTS,
  submitMs: [...NO_NUMBERS, 0],
  resume: NO_FLAGS,
  columns: ['x', [1, 2], ['x'], ['x', 'y', 'z'], ['x', '\n'], ['x', 'x']],
  preset: [1, '\u001b[2J'],
  contextColumns: [
    [{ name: 'moon' }],
    [{ name: 'age', mean: 0, std: 0 }],
    [{ name: 'm', levels: ['a', 'a'] }],
    [{ name: 'm', levels: [] }],
    [{ name: 'age', mean: 0, std: 1, scale: 2 }],
    [{ name: 'age', mean: 0, std: 1, min: NaN }],
  ],
  validation: [
    rows,
    null,
    { fraction: 0 },
    { fraction: 1 },
    { data: rows, every: 0 },
    { data: rows, patience: '3' },
    { data: rows, folds: 2 },
  ],
};
const NO_PRESET = {
  couplings: NO_COUNTS,
  hidden: [8, '8', [0], [8.5], [NaN], Array.from({ length: 65 }, () => 8)],
  residualBlocks: [...NO_COUNTS, 0],
  contextDim: NO_COUNTS,
  domain: ['negative', ['real', 'unite'], 1, Array.from({ length: 65_537 }, () => 'real')],
  base: ['uniform', {}, null],
};

type Call = (options: object) => unknown;

const opened = async (): Promise<Flow> => Flow.create(realnvp(2, small), await testOptions());

/** All library calls that take options, with values that each option must refuse. */
const CALLS: Record<
  string,
  { wrong: Record<string, readonly unknown[]>; base?: object; run: (flow: Flow) => Call }
> = {
  create: {
    wrong: { ...NO_TUNING, seed: NO_COUNTS, data: ['x', 1] },
    run:
      ({ device }) =>
      (options) =>
        Flow.create(realnvp(2, small), { device, ...options }),
  },
  load: {
    wrong: { ...NO_TUNING, fileName: [1] },
    run: (flow) => async (options) => Flow.load(await flow.save(), { device: flow.device, ...options }),
  },
  forward: { wrong: NO_RUN, run: (flow) => (options) => flow.forward(rows, options) },
  inverse: { wrong: NO_RUN, run: (flow) => (options) => flow.inverse(rows, options) },
  logProb: { wrong: NO_LOG_PROB, run: (flow) => (options) => flow.logProb(rows, options) },
  gradients: { wrong: NO_RUN, run: (flow) => (options) => flow.gradients(rows, options) },
  trace: {
    wrong: { ...NO_RUN, direction: ['back', 1] },
    run: (flow) => (options) => flow.trace(rows, options),
  },
  sample: { wrong: NO_SAMPLE, run: (flow) => (options) => flow.sample(3, options) },
  sampleAndLogProb: { wrong: NO_SAMPLE, run: (flow) => (options) => flow.sampleAndLogProb(3, options) },
  fit: {
    wrong: NO_FIT,
    base: { steps: 2, batch: 16 },
    run: (flow) => (options) => flow.fit(rows, options).next(),
  },
  train: {
    wrong: NO_FIT,
    base: { steps: 2, batch: 16 },
    run: (flow) => async (options) => {
      await using run = await flow.train(rows, options);
      return run.step;
    },
  },
  validation: {
    wrong: {
      data: NO_ARRAYS,
      context: NO_ARRAYS,
      widths: [...NO_ARRAYS, new Float32Array(3)],
      weights: [...NO_ARRAYS, new Float32Array(3)],
      fraction: [...NO_NUMBERS, 0, 1],
      every: [...NO_COUNTS, 0],
      patience: [NaN, -1, '3', null, 1.5, 0],
    },
    base: { data: rows },
    run: (flow) => (validation) => flow.fit(rows, { steps: 2, batch: 16, validation }).next(),
  },
  'create from a preset': {
    wrong: {
      ...NO_TUNING,
      ...NO_PRESET,
      seed: NO_COUNTS,
      data: NO_ARRAYS,
      dim: [...NO_COUNTS, 0, undefined],
    },
    base: { ...small, dim: 2 },
    run:
      ({ device }) =>
      (options) =>
        Flow.create(PRESETS.realnvp, { device, ...options } as PresetFlowOptions),
  },
  pass: {
    wrong: {
      rows: [...NO_COUNTS, 0, undefined, 1e15],
      seed: NO_COUNTS,
      context: [1, 'c'],
      signal: NO_SIGNALS,
    },
    base: { rows: 4 },
    run: (flow) => (options) => flow.pass('sample', options as { rows: number }),
  },
  memory: {
    wrong: { batch: [...NO_COUNTS, 0], rows: NO_COUNTS },
    run: (flow) => (options) => flow.memory(options),
  },
  save: {
    wrong: { checkpoint: NO_FLAGS, signal: NO_SIGNALS },
    run: (flow) => (options) => flow.save(options),
  },
  parameters: { wrong: { signal: NO_SIGNALS }, run: (flow) => (options) => flow.parameters(options) },
  setParameters: {
    wrong: { signal: NO_SIGNALS },
    run: (flow) => (options) => flow.setParameters({}, options),
  },
  clone: {
    wrong: NO_TUNING,
    run: (flow) => (options) => flow.clone(options),
  },
  logProbGradient: { wrong: NO_RUN, run: (flow) => (options) => flow.logProbGradient(rows, options) },
  realnvp: { wrong: NO_PRESET, run: () => (options) => realnvp(2, options) },
  'realnvp of one feature': { wrong: NO_PRESET, run: () => (options) => realnvp(1, options) },
  vanilla: { wrong: NO_PRESET, run: () => (options) => vanilla(2, options) },
  nice: { wrong: NO_PRESET, run: () => (options) => nice(2, options) },
  glow: { wrong: NO_PRESET, run: () => (options) => glow(2, options) },
  spline: { wrong: NO_PRESET, run: () => (options) => spline(2, options) },
  toyDensity: { wrong: { noise: NO_NUMBERS }, run: () => (options) => toyDensity('moons', options) },
  'Table.infer': {
    wrong: { columns: ['x', [1], ['x', 'x']], types: ['x', { x: 'colour' }, null] },
    run: () => (options) => Table.infer([{ x: 1 }, { x: 2 }], options),
  },
  openDevice: {
    wrong: { adapter: NO_NAMES, limits: [{ maxBufferSize: '1' }, { maxBindGroups: 4 }, 4] },
    run: () => (options) => openDevice(options),
  },
  bench: {
    wrong: {
      models: ['S', [{}]],
      rows: [8, [0], ['8']],
      only: NO_NAMES,
      kernels: ['flow_forward', [1]],
      precision: NO_NAMES,
      variantsFor: NO_FUNCTIONS,
      quick: NO_FLAGS,
      batches: ['8', [0], [1.5]],
      tiles: ['yes', 1, null],
      signal: NO_SIGNALS,
    },
    run:
      ({ device }) =>
      (options) =>
        bench(device, options).next(),
  },
  ReferenceFlow: {
    wrong: { precision: NO_NAMES },
    run: () => (options) => new ReferenceFlow(realnvp(2, small), [], options),
  },
  nflowsModel: {
    wrong: { activation: NO_NAMES, tailBound: [...NO_NUMBERS, 0] },
    run: () => (options) => nflowsModel(new Map(), options),
  },
  normflowsModel: {
    wrong: {
      flows: [...NO_COUNTS, undefined],
      scaleMap: NO_NAMES,
      activation: NO_NAMES,
      tailBound: [...NO_NUMBERS, 0],
    },
    base: { flows: 1 },
    run: () => (options) => normflowsModel(new Map(), options as { flows: number }),
  },
};

/** The options of these calls go by other names in messages. */
const NAMED: Record<string, string> = {
  train: 'fit option ',
  validation: 'fit option validation.',
  'create from a preset': 'realnvp option ',
};

describe.each(Object.entries(CALLS))('%s', (call, { wrong, base = {}, run }) => {
  const named = NAMED[call] ?? `${call.split(' ')[0]!} option `;
  const failure = async (flow: Flow, options: unknown): Promise<unknown> => {
    try {
      await run(flow)(options as object);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('refuses each option that is out of range, names it, and leaves everything as it was', async () => {
    using flow = await opened();
    const before = await flow.save();
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    for (const [option, values] of Object.entries(wrong)) {
      for (const value of values) {
        const error = await failure(flow, { ...base, [option]: value });
        expect(error, `${option} = ${JSON.stringify(value)}`).toBeInstanceOf(ShapeError);
        expect((error as Error).message).toMatch(new RegExp(`\\b${option}`));
        expect((error as Error).message).toMatch(/found .*, expected /);
      }
    }
    expect(buffers.counts.live).toBe(live);
    expect(await flow.save()).toEqual(before);
  });

  it('has no option but those above', async () => {
    using flow = await opened();
    const error = await failure(flow, { ...base, colour: 'red' });
    const [, known = ''] = /expected one of (.*)\.$/.exec((error as Error).message) ?? [];
    expect(known.split(', ').filter((option) => !Object.hasOwn(wrong, option))).toEqual([]);
  });

  it('refuses an option that it does not have, with those that it has', async () => {
    using flow = await opened();
    const error = await failure(flow, { ...base, colour: 'red' });
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toMatch(
      new RegExp(`^${named}colour: found an unknown name, expected one of .*${Object.keys(wrong).join('|')}`),
    );
  });
});

describe('options', () => {
  it.each([
    [{ step: 5 }, 'Did you mean steps?'],
    [{ Steps: 5 }, 'Did you mean steps?'],
    [{ steps: 5, learningrate: 1 }, 'Did you mean learningRate?'],
    [{ steps: 5, clipnrom: 1 }, 'Did you mean clipNorm?'],
    [{ steps: 5, lr: 1 }, 'expected one of'],
  ])('of a fit with %o get the hint "%s"', async (options, hint) => {
    using flow = await opened();
    await expect(flow.fit(rows, options as object).next()).rejects.toThrow(hint);
  });

  it.each([null, 5, 'fast', []])('that are no object are refused: %o', async (options) => {
    using flow = await opened();
    await expect(flow.logProb(rows, options as object)).rejects.toThrow(/logProb options: .*an object/);
    await expect(flow.fit(rows, options as never).next()).rejects.toThrow(/fit options: .*an object/);
  });

  it('of the validation are named with it', async () => {
    using flow = await opened();
    const validation = { data: rows, every: 0 };
    await expect(flow.fit(rows, { steps: 5, validation }).next()).rejects.toThrow(
      'fit option validation.every: found 0, expected an integer ≥ 1',
    );
  });

  it('may be undefined, one by one', async () => {
    using flow = await opened();
    const options = { seed: undefined, temperature: undefined, context: undefined, signal: undefined };
    expect(await flow.sample(3, options as object)).toEqual(await flow.sample(3));
  });

  it('a flow is trainable after a schedule that was refused', async () => {
    using flow = await opened();
    for (const schedule of NO_SCHEDULES) {
      await expect(flow.fit(rows, { steps: 3, schedule: schedule as never }).next()).rejects.toThrow(
        /fit option schedule: found .*expected \{ kind: 'constant' \}/,
      );
    }
    for await (const { nll } of flow.fit(rows, { steps: 3, batch: 16, schedule: { kind: 'cosine' } })) {
      expect(nll).toBeLessThan(10);
    }
    expect([...(await flow.logProb(rows))].every(Number.isFinite)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['batch', '512'],
    ['learningRate', -1],
    ['beta1', 1],
    ['clipNorm', true],
    ['seed', 0.5],
    ['schedule', 'linear'],
  ])('of a checkpoint are checked as well: %s = %o', async (name, value) => {
    using flow = await opened();
    for await (const _ of flow.fit(rows, { steps: 4, until: 2, batch: 16 }));
    const model = decodeModel(await flow.save({ checkpoint: true }));
    model.optimizer!.settings[name] = value as string;
    using loaded = await Flow.load(encodeModel(model), await testOptions());
    const error = await loaded
      .fit(rows, { steps: 4, resume: true })
      .next()
      .catch((reason: unknown) => reason);
    expect(error instanceof DataError || error instanceof ShapeError).toBe(true);
    expect((error as Error).message).toContain(name);
  });

  it('of toy data are checked as well', async () => {
    using flow = await opened();
    const fit = (data: object) => flow.fit(data as { toy: 'moons' }, { steps: 1 }).next();
    await expect(fit({ toy: 'swissroll' })).rejects.toThrow(/fit data option toy: found "swissroll"/);
    await expect(fit({ toy: 'moons', noise: '0.1' })).rejects.toThrow(/fit data option noise/);
    await expect(fit({ toy: 'moons', sigma: 1 })).rejects.toThrow(
      /fit data option sigma: found an unknown name/,
    );
  });

  it('a preset, a configuration and a spec say what is wrong with them', async () => {
    for (const dim of [0, -1, 1.5, NaN, 1e9, '2']) {
      for (const preset of [realnvp, vanilla, nice, glow, spline]) {
        expect(() => preset(dim as number)).toThrow(/: dim: found .*expected an integer from 1 to 65536/);
      }
    }
    expect(() => configModel('XL' as ConfigName)).toThrow(/configuration: found XL, expected one of S, M, L/);
    for (const spec of [undefined, null, 'realnvp', {}, { ...realnvp(2), bijectors: undefined }]) {
      await expect(Flow.create(spec as never, await testOptions())).rejects.toThrow(ShapeError);
    }
    using flow = await opened();
    await expect(flow.pass('scores' as 'sample', { rows: 1 })).rejects.toThrow(/pass kind: found scores/);
  });

  it('more samples than an array can hold are refused, with how to get them', async () => {
    using flow = await opened();
    await expect(flow.sample(1e12)).rejects.toThrow(
      /n: found 1000000000000, expected at most 536870912 rows.*pieces/,
    );
  });

  it('a context column that divides by zero is refused', () => {
    expect(() => encodeContext([{ name: 'age', mean: 30, std: 0 }], [[31]])).toThrow(/context column 1/);
  });
});
