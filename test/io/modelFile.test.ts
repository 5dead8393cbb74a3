import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { models } from './modelArbitrary.ts';
import { checkpoint, counted, plain, rewritten, TRAINABLE, withHeaderOf } from './smallModel.ts';

describe('a model file', () => {
  it('of a checkpoint has a checksum of every value and text', () => {
    const bytes = encodeModel(checkpoint);
    const text = new TextDecoder('latin1').decode(bytes);
    const places = [bytes.length - 3, text.indexOf('0.999') + 2];
    for (const place of places) {
      const damaged = bytes.slice();
      damaged[place]! ^= 1;
      expect(() => decodeModel(damaged, 'run.ckpt')).toThrow(
        /run\.ckpt: __metadata__\.wgflow_checksum: found "[0-9a-f]{16}", expected "[0-9a-f]{16}"/,
      );
    }
    expect(readSafetensors(encodeModel(plain), 'f').metadata.has('wgflow_checksum')).toBe(false);
  });

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

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('is read without the padding of its header: %i bytes more', (more) => {
    const bytes = withHeaderOf(encodeModel(checkpoint), more);
    expect(decodeModel(bytes)).toEqual(checkpoint);
    for (let offset = 0; offset < 8; offset++) {
      const moved = new Uint8Array(offset + bytes.length);
      moved.set(bytes, offset);
      expect(decodeModel(moved.subarray(offset))).toEqual(checkpoint);
      // Node reads files into a Buffer: its slice() makes no copy.
      expect(decodeModel(Buffer.from(moved.buffer, offset))).toEqual(checkpoint);
    }
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

const bits = (values: Float32Array) => new Uint32Array(values.slice().buffer);
