import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { ModelFileError, ShapeError } from '../../src/errors.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import type { Model, OptimizerState, TrainingRecord } from '../../src/io/modelFile.ts';
import { checkpoint, LENGTH, plain, rewritten, TRAINABLE, weight } from './smallModel.ts';

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
    ...[
      ['that descends', '{"rows":2,"logProb":[2,1]}', '.logProb: found [2,1], expected ascending numbers'],
      ['of no row', '{"rows":2,"logProb":[]}', '.logProb: found 0 items, expected at least 1 items'],
      [
        'of too many rows',
        `{"rows":2000,"logProb":[${Array(1001).fill(0).join()}]}`,
        '.logProb: found 1001 items, expected at most 1000 items',
      ],
      ['of more values than rows', '{"rows":2,"withoutDensity":1,"logProb":[1,2]}', ': found {"rows":2'],
    ].map(([what = '', heldOut = '', fact = '']): [string, Uint8Array, string] => [
      `a distribution of held-out rows ${what}`,
      rewritten({
        metadata: { wgflow_training: `{"steps":1,"seed":1,"library":"","heldOut":${heldOut}}` },
      }),
      `__metadata__.wgflow_training.heldOut${fact}`,
    ]),
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
    expect(() => encodeModel({ ...plain, parameters: plain.parameters.with(3, NaN) })).toThrow(
      'model.parameters[3]: found NaN',
    );
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

/** Returns `json` with `value` at `path`, whose numbers each pick one of the entries there. */
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
