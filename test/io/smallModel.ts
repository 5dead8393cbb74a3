/** A model small enough to read, its checkpoint, and variants of its file. */
import { encodeModel } from '../../src/io/modelFile.ts';
import type { Model, OptimizerState, TrainingRecord } from '../../src/io/modelFile.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import type { SafetensorsTensor } from '../../src/io/safetensors.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { clearGaps } from './modelArbitrary.ts';

export const plain: Model = {
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
export const { trainableLength: TRAINABLE, length: LENGTH } = paramLayout(plain.spec);

export function counted(length: number, value: (index: number) => number): Float32Array {
  return clearGaps(
    Float32Array.from({ length }, (_, index) => value(index)),
    plain.spec,
  );
}

plain.parameters = counted(LENGTH, (index) => (index + 1) / 4);

export const checkpoint: Model & { training: TrainingRecord; optimizer: OptimizerState } = {
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
export function rewritten(
  change: {
    tensors?: Record<string, Partial<SafetensorsTensor> | undefined>;
    metadata?: Record<string, string | undefined>;
  },
  model: Model = plain,
): Uint8Array {
  const { tensors, metadata } = readSafetensors(encodeModel(model), 'f');
  // Another program that changes a checkpoint leaves it out.
  metadata.delete('wgflow_checksum');
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

export const weight = 'bijectors.1.conditioner.0.weight';

/** The file with `more` spaces after its header's JSON, instead of those that align the data. */
export function withHeaderOf(file: Uint8Array, more: number): Uint8Array {
  const dataStart = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const json = new TextDecoder().decode(file.subarray(8, dataStart)).trimEnd();
  const header = new TextEncoder().encode(json + ' '.repeat(more));
  const bytes = new Uint8Array(8 + header.length + file.length - dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(file.subarray(dataStart), 8 + header.length);
  return bytes;
}
