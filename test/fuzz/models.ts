/** Damaged model files and checkpoints, and specs of any JSON. */
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import type { Model } from '../../src/io/modelFile.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { parseSpec } from '../../src/spec/schema.ts';
import { models } from '../io/modelArbitrary.ts';
import { specs } from '../io/specArbitrary.ts';
import type { Kind } from './kind.ts';
import { HOSTILE } from './random.ts';
import type { Random } from './random.ts';

export const MODELS: Kind = { name: 'models', run: (random) => decoded(random, models) };

export const CHECKPOINTS: Kind = {
  name: 'checkpoints',
  run: (random) =>
    decoded(
      random,
      models.filter(({ optimizer }) => optimizer !== undefined),
    ),
};

export const SPECS: Kind = {
  name: 'specs',
  run(random) {
    const [spec] = fc.sample(specs, { seed: random.seed, numRuns: 1 });
    const parsed = parseSpec(JSON.parse(JSON.stringify(changedJson(random, spec))), 'fuzz.json');
    const { length, parameterCount } = paramLayout(parsed);
    if (parameterCount > 20_000 || parsed.dim > 16) return undefined;
    const flow = new ReferenceFlow(parsed, new Float32Array(length).fill(0.01));
    flow.inverse(new Float64Array(2 * parsed.dim), new Float64Array(parsed.contextDim));
    return undefined;
  },
};

/** Reads a damaged file; if it is sound all the same, writing it again must give the same model. */
function decoded(random: Random, kinds: fc.Arbitrary<Model>): string | undefined {
  const [good] = fc.sample(kinds, { seed: random.seed, numRuns: 1 });
  if (good === undefined) return 'no model was drawn';
  const bytes = random.chance(0.1) ? encodeModel(good) : withoutChecksum(encodeModel(good));
  const model = decodeModel(
    random.chance(0.5) ? random.mutated(bytes) : changedHeader(random, bytes),
    'fuzz.model',
  );
  const again = decodeModel(encodeModel(model));
  if (!model.parameters.every(Number.isFinite)) return 'parameters that are not finite were accepted';
  const texts = [model, again].map((one) => JSON.stringify({ ...one, parameters: [...one.parameters] }));
  return texts[0] === texts[1] ? undefined : 'the model changes when it is written and read again';
}

/** The file without the checksum of a checkpoint, so that its damage is found by what it says. */
function withoutChecksum(bytes: Uint8Array): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes, 'fuzz.model');
  metadata.delete('wgflow_checksum');
  return writeSafetensors({ tensors: [...tensors.values()], metadata: Object.fromEntries(metadata) });
}

/** The file with other JSON in its header, or in a record of its metadata. */
function changedHeader(random: Random, bytes: Uint8Array): Uint8Array {
  const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as Record<string, unknown>;
  const metadata = header['__metadata__'] as Record<string, string>;
  const key = random.pick(['', ...Object.keys(metadata)]);
  const changed =
    key === ''
      ? changedJson(random, header)
      : { ...header, __metadata__: { ...metadata, [key]: recordText(random, metadata[key] ?? '') } };
  const json = Buffer.from(JSON.stringify(changed));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, bytes.subarray(end)]);
}

function recordText(random: Random, text: string): string {
  return random.chance(0.1) ? random.pick(HOSTILE) : JSON.stringify(changedJson(random, JSON.parse(text)));
}

const VALUES: readonly unknown[] = [
  null, true, false, 0, -0, 1, -1, 0.5, 2, 3, 64, 65, 4096, 65_536, 65_537, 1e9, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 1e-300,
  [], {}, [0], [[]], [1, 2, 3], { type: 'standardize' }, 'exp', 'silu', ...HOSTILE,
]; // prettier-ignore

/** The JSON with another value somewhere, or with a member more or less. */
function changedJson(random: Random, json: unknown): unknown {
  if (typeof json !== 'object' || json === null || random.chance(0.08)) return random.pick(VALUES);
  if (Array.isArray(json)) {
    const items: unknown[] = [...json];
    const at = random.below(items.length + 1);
    if (at === items.length || random.chance(0.1)) items.splice(at, random.below(2), random.pick(VALUES));
    else items[at] = changedJson(random, items[at]);
    return items;
  }
  const entries = Object.entries(json);
  const at = random.below(entries.length + 1);
  const [key = random.pick(HOSTILE), value] = entries[at] ?? [];
  if (random.chance(0.1)) entries.splice(at, 1);
  else entries[at] = [key, changedJson(random, value)];
  return Object.fromEntries(entries);
}
