import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { ContextColumn } from '../../src/context.ts';
import { ModelFileError, ShapeError } from '../../src/errors.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import type { Model, OptimizerState, TrainingRecord } from '../../src/io/modelFile.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import type { SafetensorsTensor } from '../../src/io/safetensors.ts';
import { paramLayout } from '../../src/paramLayout.ts';
import type { FlowSpec } from '../../src/spec.ts';
import { specs } from './specArbitrary.ts';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const positive = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30) });
const floats = (length: number, value = finite) =>
  fc.array(value, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));

const settings = fc.dictionary(
  fc.stringMatching(/^[a-z][a-zA-Z]{0,5}_?$/).filter((key) => !(key in {})),
  fc.oneof(
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-9 }),
  ),
  { noNullPrototype: true },
);

/** Columns of as many features as the spec has. */
const contextColumnsOf = ({ contextDim }: FlowSpec): fc.Arbitrary<ContextColumn[]> =>
  fc
    .nat({ max: contextDim })
    .map((numbers) => [
      ...Array.from({ length: numbers }, (_, i) => ({ name: `n${i}`, mean: i - 0.5, std: 0.25 + i })),
      ...(numbers === contextDim
        ? []
        : [
            { name: 'label', levels: Array.from({ length: contextDim - numbers }, (_, i) => `level "${i}"`) },
          ]),
    ]);

const trainingOf = (spec: FlowSpec): fc.Arbitrary<TrainingRecord> =>
  fc.record(
    {
      columns: fc.array(fc.string({ unit: 'grapheme' }), { minLength: spec.dim, maxLength: spec.dim }),
      context: contextColumnsOf(spec),
      steps: fc.nat(),
      seed: fc.maxSafeNat(),
      bestValidationNll: fc.double({ noNaN: true, noDefaultInfinity: true, max: -1e-9 }),
      library: fc.constant('wgflow 0.1.0'),
      dataset: fc.string(),
      preset: fc.string(),
      options: settings,
    },
    { requiredKeys: ['steps', 'seed', 'library'] },
  );

const models: fc.Arbitrary<Model> = specs.chain((spec) => {
  const { trainableLength, length } = paramLayout(spec);
  return fc
    .record(
      {
        trained: floats(trainableLength),
        statistics: floats(length - trainableLength, positive),
        training: trainingOf(spec),
        optimizer: fc.record(
          {
            step: fc.nat(),
            firstMoment: floats(trainableLength),
            secondMoment: floats(trainableLength, positive),
            settings,
            variants: settings,
          },
          { requiredKeys: ['step', 'firstMoment', 'secondMoment', 'settings'] },
        ),
      },
      { requiredKeys: ['trained', 'statistics'] },
    )
    .map(({ trained, statistics, optimizer, ...rest }) => {
      const parameters = new Float32Array(length);
      parameters.set(trained);
      parameters.set(statistics, trainableLength);
      const [firstMoment, secondMoment] = [optimizer?.firstMoment, optimizer?.secondMoment];
      for (const flat of [parameters, firstMoment, secondMoment]) if (flat) clearGaps(flat, spec);
      for (const slots of paramLayout(spec).bijectors) {
        if (slots.type === 'actnorm') parameters[slots.initialised.offset] = 1;
        if (slots.type === 'domain') {
          slots.spec.features.forEach((domain, j) => {
            if (domain !== 'positive') parameters[slots.scale.offset + j] = 1;
          });
        }
        if (!('permutation' in slots)) continue;
        const { offset, length: count } = slots.permutation;
        for (let j = 0; j < count; j++) parameters[offset + j] = count - 1 - j;
        if (slots.type !== 'permutation' || slots.signs === undefined) continue;
        for (let j = 0; j < count; j++) parameters[slots.signs.offset + j] = j % 2 === 0 ? -1 : 1;
      }
      return { spec, parameters, ...rest, ...(optimizer ? { optimizer } : {}) };
    });
});

/** Zero between the tensors, where a file has nothing to say. */
function clearGaps(flat: Float32Array, spec: FlowSpec): Float32Array {
  const kept = flat.slice();
  flat.fill(0);
  for (const { offset, length } of paramLayout(spec).tensors) {
    if (offset < flat.length) flat.set(kept.subarray(offset, offset + length), offset);
  }
  return flat;
}

const bits = (values: Float32Array) => new Uint32Array(values.slice().buffer);

describe('a model file', () => {
  it('keeps the best parameters of a validated run, and refuses a file that names but lacks them', () => {
    const best = { nll: 1.5, scoresSince: 2, parameters: counted(TRAINABLE, (i) => i / 8) };
    const validated = { ...checkpoint, optimizer: { ...checkpoint.optimizer, best } };
    expect(decodeModel(encodeModel(validated)).optimizer?.best).toEqual(best);
    const name = 'optimizer.best.bijectors.1.conditioner.0.weight';
    expect(() => decodeModel(rewritten({ tensors: { [name]: undefined } }, validated))).toThrow(
      `missing "${name}"`,
    );
    const record = '{"step":20,"settings":{}}';
    expect(() => decodeModel(rewritten({ metadata: { wgflow_optimizer: record } }, validated))).toThrow(
      'not in the spec "optimizer.best.',
    );
  });

  it('gives a model back bit for bit, with its training record and its optimiser state', () => {
    fc.assert(
      fc.property(models, (model) => {
        const read = decodeModel(encodeModel(model));
        expect(read).toEqual(model);
        expect(bits(read.parameters)).toEqual(bits(model.parameters));
        expect(bits(read.optimizer?.firstMoment ?? new Float32Array())).toEqual(
          bits(model.optimizer?.firstMoment ?? new Float32Array()),
        );
      }),
    );
  });

  it('has the same bytes after a round trip', () => {
    fc.assert(
      fc.property(models, (model) => {
        const bytes = encodeModel(model);
        expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
      }),
    );
  });

  it('has the same bytes whatever the order of the properties', () => {
    const spec: FlowSpec = JSON.parse(
      '{"bijectors":[{"type":"standardize"},{"conditioner":{"init":"zero_last","separate":false,"activation":"relu","hidden":[3]},"scale":{"bound":3,"map":"tanh"},"flip":true,"split":1,"type":"affine_coupling"}],"base":{"type":"standard_normal"},"contextDim":0,"dim":2,"version":1}',
    );
    const turned = encodeModel({
      optimizer: { ...checkpoint.optimizer, settings: { lr: 1e-3, beta2: 0.999, adapter: 'x' } },
      training: { library: 'wgflow 0.1.0', seed: 7, columns: ['x', 'y'], steps: 20 },
      parameters: checkpoint.parameters,
      spec,
    });
    expect(turned).toEqual(encodeModel(checkpoint));
  });

  it('names its tensors as the parameter layout does, in that order, then the moments', () => {
    const names = [...readSafetensors(encodeModel(checkpoint), 'f').tensors.keys()];
    const net = ['0.weight', '0.bias', '1.weight', '1.bias'].map(
      (layer) => `bijectors.1.conditioner.${layer}`,
    );
    expect(names).toEqual([
      ...net,
      'bijectors.0.mean',
      'bijectors.0.std',
      ...net.map((name) => `optimizer.first_moment.${name}`),
      ...net.map((name) => `optimizer.second_moment.${name}`),
    ]);
  });

  it('loads in any tensor order, with other metadata keys and without a training record', () => {
    const { tensors, metadata } = readSafetensors(encodeModel(plain), 'f');
    const shuffled = writeSafetensors({
      tensors: [...tensors.values()].sort((a, b) => (a.name < b.name ? 1 : -1)),
      metadata: { ...Object.fromEntries(metadata), format: 'pt' },
    });
    expect(shuffled).not.toEqual(encodeModel(plain));
    expect(decodeModel(shuffled)).toEqual(plain);
  });

  it('ignores keys of a training record that it does not know', () => {
    const training = { steps: 1, seed: 2, library: 'torch 1.13', mood: { good: [true] } };
    const bytes = rewritten({ metadata: { wgflow_training: JSON.stringify(training) } });
    expect(decodeModel(bytes).training).toEqual({ steps: 1, seed: 2, library: 'torch 1.13' });
  });

  const folder = new URL('../oracle/fixtures/', import.meta.url);
  const fixtures = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));

  it('has fixtures from PyTorch to read', () => expect(fixtures.length).toBeGreaterThan(0));

  it.each(fixtures)('reads %s, written by PyTorch', (name) => {
    const bytes = readFileSync(new URL(name, folder));
    const model = decodeModel(bytes, name);
    expect(model.parameters.length).toBe(paramLayout(model.spec).length);
    const written = readSafetensors(bytes, name).tensors;
    const ours = readSafetensors(encodeModel(model), name).tensors;
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(written));
  });
});

const plain: Model = {
  spec: {
    version: 1,
    dim: 2,
    contextDim: 0,
    base: { type: 'standard_normal' },
    bijectors: [
      { type: 'standardize' },
      {
        type: 'affine_coupling',
        split: 1,
        flip: true,
        scale: { map: 'tanh', bound: 3 },
        conditioner: { hidden: [3], activation: 'relu', separate: false, init: 'zero_last' },
      },
    ],
  },
  parameters: new Float32Array(0),
};
const { trainableLength: TRAINABLE, length: LENGTH } = paramLayout(plain.spec);

function counted(length: number, value: (index: number) => number): Float32Array {
  return clearGaps(
    Float32Array.from({ length }, (_, index) => value(index)),
    plain.spec,
  );
}

plain.parameters = counted(LENGTH, (index) => (index + 1) / 4);

const checkpoint: Model & { training: TrainingRecord; optimizer: OptimizerState } = {
  ...plain,
  training: { columns: ['x', 'y'], steps: 20, seed: 7, library: 'wgflow 0.1.0' },
  optimizer: {
    step: 20,
    firstMoment: counted(TRAINABLE, (index) => -index),
    secondMoment: counted(TRAINABLE, (index) => index),
    settings: { adapter: 'x', beta2: 0.999, lr: 1e-3 },
  },
};

/** The file of `model` with tensors and metadata keys changed; undefined removes one. */
function rewritten(
  change: {
    tensors?: Record<string, Partial<SafetensorsTensor> | undefined>;
    metadata?: Record<string, string | undefined>;
  },
  model: Model = plain,
): Uint8Array {
  const { tensors, metadata } = readSafetensors(encodeModel(model), 'f');
  for (const [name, tensor] of Object.entries(change.tensors ?? {})) {
    if (tensor === undefined) tensors.delete(name);
    else {
      const before = tensors.get(name) ?? { name, dtype: 'F32', shape: [1], data: Float32Array.of(0) };
      tensors.set(name, { ...before, ...tensor });
    }
  }
  for (const [key, value] of Object.entries(change.metadata ?? {})) {
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
  }
  return writeSafetensors({ tensors: [...tensors.values()], metadata: Object.fromEntries(metadata) });
}

const weight = 'bijectors.1.conditioner.0.weight';

const normalised: Model = {
  spec: { ...plain.spec, bijectors: [{ type: 'actnorm' }] },
  // Tensors start at multiples of four.
  parameters: Float32Array.of(1, 2, 0, 0, 3, 4, 0, 0, 1),
};

const permuted: Model = {
  spec: { ...plain.spec, bijectors: [{ type: 'permutation', init: 'random' }] },
  parameters: Float32Array.of(1, 0),
};

const signed: Model = {
  spec: { ...plain.spec, bijectors: [{ type: 'permutation', init: 'random', signed: true }] },
  parameters: Float32Array.of(1, 0, 0, 0, 1, -1),
};

const bounded: Model = {
  spec: { ...plain.spec, bijectors: [{ type: 'domain', features: ['positive', 'unit'] }] },
  parameters: Float32Array.of(5, 1),
};

describe('refusals of a model file', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'a file without a spec',
      rewritten({ metadata: { wgflow: undefined, format: 'pt' } }),
      'found the keys "format", expected the key wgflow. This is not a wgflow model',
    ],
    ['no metadata at all', rewritten({ metadata: { wgflow: undefined } }), '__metadata__: found no keys'],
    ['a spec that is not JSON', rewritten({ metadata: { wgflow: '{' } }), '__metadata__.wgflow: found'],
    [
      'a duplicate key in the spec',
      rewritten({ metadata: { wgflow: '{"dim":2,"dim":3}' } }),
      'the key "dim" twice',
    ],
    ['a bad spec', rewritten({ metadata: { wgflow: '{"version":1}' } }), 'spec.dim: found nothing'],
    [
      'a missing tensor',
      rewritten({ tensors: { [weight]: undefined } }),
      `tensors: found 5, expected the 6 of its spec; missing "${weight}"`,
    ],
    [
      'a misnamed tensor',
      rewritten({ tensors: { [weight]: undefined, 'net.0.weight': {} } }),
      `missing "${weight}"; not in the spec "net.0.weight"`,
    ],
    [
      'an extra tensor',
      rewritten({ tensors: { more: {} } }),
      'found 7, expected the 6 of its spec; not in the spec',
    ],
    [
      'a transposed weight',
      rewritten({ tensors: { [weight]: { shape: [1, 3] } } }),
      `tensor ${weight}, shape: found [1,3], expected [3,1]. A weight is [outputs, inputs]`,
    ],
    [
      'a shape of another rank',
      rewritten({ tensors: { 'bijectors.0.mean': { shape: [1, 2] } } }),
      'tensor bijectors.0.mean, shape: found [1,2], expected [2]',
    ],
    [
      'a std of zero',
      rewritten({ tensors: { 'bijectors.0.std': { data: Float32Array.of(1, 0) } } }),
      'tensor bijectors.0.std, element 1: found 0, expected a number > 0',
    ],
    ...[
      [1, 1],
      [0, 2],
      [-1, 0],
      [0, 0.5],
    ].map(([first = 0, second = 0]): [string, Uint8Array, string] => [
      `a permutation of ${first} and ${second}`,
      rewritten(
        { tensors: { 'bijectors.0.permutation': { data: Float32Array.of(first, second) } } },
        permuted,
      ),
      'expected each whole number from 0 to 1 once',
    ]),
    [
      'a sign that is none',
      rewritten({ tensors: { 'bijectors.0.signs': { data: Float32Array.of(-1, 0) } } }, signed),
      'tensor bijectors.0.signs, element 1: found 0, expected 1 or −1',
    ],
    ...[
      [0, 1],
      [-2, 1],
      [5, 0.5],
    ].map(([first = 0, second = 0]): [string, Uint8Array, string] => [
      `domains of the scales ${first} and ${second}`,
      rewritten({ tensors: { 'bijectors.0.scale': { data: Float32Array.of(first, second) } } }, bounded),
      'expected a number > 0 of a positive feature, 1 of others',
    ]),
    [
      'an actnorm that is half initialised',
      rewritten({ tensors: { 'bijectors.0.initialised': { data: Float32Array.of(0.5) } } }, normalised),
      'tensor bijectors.0.initialised, element 0: found 0.5, expected 0 or 1',
    ],
    [
      'a negative std',
      rewritten({ tensors: { 'bijectors.0.std': { data: Float32Array.of(-1, 1) } } }),
      'tensor bijectors.0.std, element 0: found -1',
    ],
    [
      'a NaN weight',
      rewritten({ tensors: { [weight]: { data: Float32Array.of(0, NaN, 0) } } }),
      `tensor "${weight}", element 1: found NaN`,
    ],
    [
      'a bad training record',
      rewritten({ metadata: { wgflow_training: '{"steps":-1,"seed":1,"library":""}' } }),
      '__metadata__.wgflow_training.steps: found -1, expected >=0',
    ],
    [
      'too few column names',
      rewritten({ metadata: { wgflow_training: '{"steps":1,"seed":1,"library":"","columns":["x"]}' } }),
      'wgflow_training.columns: found 1 names, expected 2',
    ],
    [
      'an optimiser record without tensors',
      rewritten({ metadata: { wgflow_optimizer: '{"step":1,"settings":{}}' } }),
      'found 6, expected the 14 of its spec; missing "optimizer.first_moment.',
    ],
    [
      'optimiser tensors without a record',
      rewritten({ metadata: { wgflow_optimizer: undefined } }, checkpoint),
      'A checkpoint has the key wgflow_optimizer in __metadata__ too.',
    ],
    [
      'an optimiser setting that is an object',
      rewritten({ metadata: { wgflow_optimizer: '{"step":1,"settings":{"a":{}}}' } }, checkpoint),
      '__metadata__.wgflow_optimizer.settings.a: found {}',
    ],
    [
      'a negative second moment',
      rewritten(
        {
          tensors: {
            'optimizer.second_moment.bijectors.1.conditioner.0.bias': { data: Float32Array.of(0, 0, -1) },
          },
        },
        checkpoint,
      ),
      'tensor optimizer.second_moment.bijectors.1.conditioner.0.bias, element 2: found -1, expected a number ≥ 0',
    ],
  ])('names the fact for %s', (_case, bytes, fact) => {
    expect(() => decodeModel(bytes, 'm.safetensors')).toThrow(ModelFileError);
    expect(() => decodeModel(bytes, 'm.safetensors')).toThrow(fact);
    expect(() => decodeModel(bytes, 'm.safetensors')).toThrow('m.safetensors: ');
  });

  it.each<[string, unknown]>([
    ['.columns[0]', { columns: ['\u001b[2J', 'y'] }],
    ['.library', { library: 'wg\u0007flow' }],
    ['.dataset', { dataset: 'moons\u007f' }],
    ['.preset', { preset: '\u009b2J' }],
    ['.options.schedule', { options: { schedule: 'a\nb' } }],
    ['.options["\\r"]', { options: { '\r': 1 } }],
  ])('come for a control character in wgflow_training%s, and do not repeat it', (where, change) => {
    const record = { ...checkpoint.training, ...(change as Partial<TrainingRecord>) };
    const bytes = rewritten({ metadata: { wgflow_training: JSON.stringify(record) } });
    expect(() => decodeModel(bytes)).toThrow(`__metadata__.wgflow_training${where}: found`);
    expect(() => decodeModel(bytes)).toThrow('expected text without control characters');
    expect(() => decodeModel(bytes)).not.toThrow(/\p{Cc}/u);
  });

  it('do not allocate what a tiny file asks for', () => {
    const { spec } = plain;
    const huge = JSON.stringify(spec).replace('"hidden":[3]', '"hidden":[65536,65536,65536,65536]');
    expect(() => decodeModel(rewritten({ metadata: { wgflow: huge } }))).toThrow(
      'found 6, expected the 12 of its spec',
    );
  });

  it('come before writing what could not be read back', () => {
    const parameters = plain.parameters.slice(1);
    expect(() => encodeModel({ ...plain, parameters })).toThrow(ShapeError);
    expect(() => encodeModel({ ...plain, parameters: plain.parameters.fill(NaN, 3, 4) })).toThrow(
      'model.parameters[3]: found NaN',
    );
    plain.parameters[3] = 1;
    const flat = { ...plain, parameters: new Float32Array(LENGTH) };
    expect(() => encodeModel(flat)).toThrow('tensor bijectors.0.std, element 0: found 0');
    const { optimizer, training } = checkpoint;
    const withOptimizer = (change: Partial<OptimizerState>) =>
      encodeModel({ ...checkpoint, optimizer: { ...optimizer, ...change } });
    expect(() => withOptimizer({ firstMoment: new Float32Array(TRAINABLE - 1) })).toThrow(
      'model.optimizer.firstMoment',
    );
    expect(() => withOptimizer({ secondMoment: new Float32Array(TRAINABLE).fill(-1) })).toThrow(
      'model.optimizer.secondMoment[0]: found -1',
    );
    expect(() => withOptimizer({ settings: { lr: NaN } })).toThrow(ModelFileError);
    expect(() => withOptimizer({ settings: { toString: 'x' } })).toThrow('the reserved key "toString"');
    expect(() => encodeModel({ ...checkpoint, training: { ...training, steps: 0.5 } })).toThrow(
      'model to be saved: __metadata__.wgflow_training.steps: found 0.5, expected an integer',
    );
  });

  it('are ModelFileErrors whatever bytes are changed, cut or added', () => {
    const good = encodeModel(checkpoint);
    const damage = fc.record({
      changes: fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      length: fc.option(fc.nat(good.length + 8), { nil: good.length, freq: 1 }),
    });
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(damage, ({ changes, length }) => {
        const bytes = new Uint8Array(length);
        bytes.set(good.subarray(0, length));
        for (const [position, value] of changes) if (position < length) bytes[position] = value;
        try {
          const model = decodeModel(bytes);
          expect(decodeModel(encodeModel(model))).toEqual(model);
          accepted += 1;
        } catch (error) {
          if (!(error instanceof ModelFileError)) throw error;
          refused += 1;
        }
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  it('are ModelFileErrors whatever JSON stands in the header, the spec or a record', () => {
    const good = encodeModel(checkpoint);
    const headerEnd = 8 + Number(new DataView(good.buffer).getBigUint64(0, true));
    const header: { __metadata__: Record<string, string> } = JSON.parse(
      new TextDecoder().decode(good.subarray(8, headerEnd)),
    );
    const embedded = ['wgflow', 'wgflow_training', 'wgflow_optimizer'];
    const { __metadata__: metadata } = header;
    const messages: string[] = [];
    fc.assert(
      fc.property(
        fc.constantFrom('', ...embedded),
        fc.array(fc.nat(40)),
        fc.jsonValue(),
        (key, path, value) => {
          const changed =
            key === ''
              ? replaced(header, path, value)
              : {
                  ...header,
                  __metadata__: {
                    ...metadata,
                    [key]: JSON.stringify(replaced(JSON.parse(metadata[key] ?? ''), path, value)),
                  },
                };
          const json = new TextEncoder().encode(JSON.stringify(changed));
          const bytes = new Uint8Array(8 + json.length + good.length - headerEnd);
          new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
          bytes.set(json, 8);
          bytes.set(good.subarray(headerEnd), 8 + json.length);
          try {
            decodeModel(bytes);
          } catch (error) {
            if (!(error instanceof ModelFileError)) throw error;
            messages.push(error.message);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(messages.length).toBeGreaterThan(1000);
    expect(
      messages.filter((message) => /found undefined|expected undefined|\[object|\p{Cc}/u.test(message)),
    ).toEqual([]);
  });
});

/** `json` with `value` in the place that `path` leads to, each number picking one of the entries there. */
function replaced(json: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof json !== 'object' || json === null) return value;
  const entries = Object.entries(json);
  const chosen = step % Math.max(entries.length, 1);
  const after = entries.map(([key, inner], index) => [
    key,
    index === chosen ? replaced(inner, rest, value) : (inner as unknown),
  ]);
  return Array.isArray(json) ? after.map(([, inner]) => inner) : Object.fromEntries(after);
}
