import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { encodeModel } from '../../src/io/modelFile.ts';
import { optimizerRecordSchema, trainingRecordSchema } from '../../src/io/recordSchemas.ts';
import { flowSpecSchema } from '../../src/spec/spec.ts';
import { specs } from './specArbitrary.ts';

const page = readFileSync(new URL('../../docs/model-file.md', import.meta.url), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? `no ${language} block`;

/** The keywords that the page uses. */
interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  oneOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
}
const KEYWORDS =
  '$ref type const enum oneOf minimum maximum exclusiveMinimum minItems maxItems items required properties additionalProperties'.split(
    ' ',
  );
const root: { $ref: string; $defs: Record<string, JsonSchema> } = JSON.parse(block('json'));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const TYPES: Record<string, (value: unknown) => boolean> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
};

/** The part of JSON Schema that the page uses. */
function accepts(schema: JsonSchema, value: unknown): boolean {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.includes(keyword));
  if (unknown.length > 0) throw new Error(`the page's schema uses ${unknown.join()}, unknown to this test`);
  const { properties = {}, additionalProperties = true } = schema;
  if (schema.$ref !== undefined && !accepts(definition(schema.$ref), value)) return false;
  if (schema.type !== undefined && ![schema.type].flat().some((type) => TYPES[type]?.(value))) return false;
  if ('const' in schema && value !== schema.const) return false;
  if (schema.enum && !schema.enum.includes(value)) return false;
  if (schema.oneOf && schema.oneOf.filter((option) => accepts(option, value)).length !== 1) return false;
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema;
    return value >= minimum && value <= maximum && value > exclusiveMinimum;
  }
  if (Array.isArray(value)) {
    const { minItems = 0, maxItems = Infinity, items = {} } = schema;
    return (
      value.length >= minItems && value.length <= maxItems && value.every((item) => accepts(items, item))
    );
  }
  if (!isObject(value)) return true;
  if (schema.required?.some((key) => !Object.hasOwn(value, key))) return false;
  return Object.entries(value).every(([key, inner]) => {
    const declared = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    return typeof declared === 'object' ? accepts(declared, inner) : declared !== false;
  });
}

function definition(reference: string): JsonSchema {
  const found = root.$defs[reference.replace('#/$defs/', '')];
  if (!found) throw new Error(`${reference} is not in the page's schema`);
  return found;
}

const REPLACEMENTS: unknown[] = [
  [null, true, false, -1, 0, 1, 2, 2.5, 64, 65_535, 65_536, 65_537, 1e300, '', 'x', [], {}],
  ['exp', 'tanh', 'identity', 'relu', 'leaky_relu', 'silu', 'gelu', 'zero_last', 'torch_linear'],
  [
    'reverse',
    'random',
    'permutation',
    'actnorm',
    'invertible_linear',
    'rational_quadratic_coupling',
    'rational_quadratic_elementwise',
    'domain',
    'unit',
    { type: 'domain', features: ['positive'] },
    'additive_coupling',
    { type: 'permutation', init: 'random' },
  ],
  [
    'standardize',
    'affine_coupling',
    'diagonal_scale',
    'standard_normal',
    'class_conditional',
    { type: 'class_conditional' },
    { name: 'c', levels: ['x'] },
    { name: 'c', mean: 0, std: 1 },
    { name: 'c', mean: 0, std: 0 },
    4096,
    4097,
    'mixture',
    'uniform',
    1024,
    1025,
    0.1,
    1000,
    [1],
    [0],
    ['x'],
    { type: 'standardize' },
  ],
  [
    { map: 'exp' },
    { map: 'sigmoid' },
    { map: 'sigmoid', floor: 1e-3 },
    { map: 'sigmoid', floor: 0 },
    { map: 'tanh', bound: 1 },
    { map: 'tanh' },
    { map: 'softclip', bound: 1 },
    { map: 'softclip' },
    { map: 'exp', bound: 1 },
    { a: {} },
    { a: 1 },
  ],
  [Array(65).fill(1), Array.from({ length: 4097 }, () => ({ type: 'standardize' }))],
].flat();

/** Every copy of `json` with one value replaced, one key removed, or one key added. */
function* neighbours(json: unknown): Generator {
  yield* REPLACEMENTS;
  if (Array.isArray(json)) {
    for (const [index, item] of json.entries()) {
      for (const other of neighbours(item)) yield [...json.slice(0, index), other, ...json.slice(index + 1)];
    }
  } else if (isObject(json)) {
    yield { ...json, extra: 1 };
    for (const [key, value] of Object.entries(json)) {
      const { [key]: _removed, ...rest } = json;
      yield rest;
      for (const other of neighbours(value)) yield { ...json, [key]: other };
    }
  }
}

function expectAgreement(reference: string, schema: v.GenericSchema, json: unknown): void {
  expect(accepts(definition(reference), json)).toBe(true);
  expect(v.is(schema, json)).toBe(true);
  let refused = 0;
  for (const other of neighbours(json)) {
    const documented = accepts(definition(reference), other);
    if (documented !== v.is(schema, other)) {
      throw new Error(
        `the page ${documented ? 'accepts' : 'refuses'} what the code does not: ${JSON.stringify(other)}`,
      );
    }
    if (!documented) refused += 1;
  }
  expect(refused).toBeGreaterThan(0);
}

describe('docs/model-file.md', () => {
  it('has a schema of the spec that accepts and refuses what the reader does', () => {
    expect(root.$ref).toBe('#/$defs/wgflow');
    fc.assert(
      fc.property(specs, (spec) => expectAgreement(root.$ref, flowSpecSchema, spec)),
      { numRuns: 20 },
    );
  });

  it('has schemas of the records that accept and refuse what the reader does', () => {
    const training = {
      columns: ['x', 'y'],
      context: [
        { name: 'moon', levels: ['lower', 'upper'] },
        { name: 'age', mean: 31.5, std: 12 },
      ],
      steps: 1,
      seed: 2,
      bestValidationNll: -0.5,
      library: 'wgflow 0.1.0',
      dataset: 'moons',
      preset: 'vanilla',
      options: { batch: 256, schedule: 'constant', shuffle: true },
    };
    expect(Object.keys(definition('#/$defs/wgflow_training').properties ?? {})).toEqual(
      Object.keys(trainingRecordSchema.entries),
    );
    expectAgreement('#/$defs/wgflow_training', trainingRecordSchema, training);
    expectAgreement('#/$defs/wgflow_optimizer', optimizerRecordSchema, {
      step: 3,
      settings: { lr: 0.001 },
      variants: { regime: 'fused', lanes: 8 },
      best: { nll: 1.25, scoresSince: 2 },
    });
  });

  it('shows the bytes of the tiny file as they are written', () => {
    const lines = block('text').split('\n');
    const hex = (line: string | undefined) =>
      Uint8Array.from(
        line
          ?.slice(6)
          .match(/^([0-9a-f]{2} )*[0-9a-f]{2}/)?.[0]
          .split(' ') ?? [],
        (byte) => Number.parseInt(byte, 16),
      );
    const documented = [hex(lines[0]), new TextEncoder().encode(lines[1]?.slice(6)), hex(lines[2])];
    const bytes = encodeModel({
      spec: {
        version: 1,
        dim: 2,
        contextDim: 0,
        base: { type: 'standard_normal' },
        bijectors: [{ type: 'standardize' }],
      },
      // Tensors start at multiples of four.
      parameters: Float32Array.of(1, -2, 0, 0, 0.5, 4),
    });
    const headerEnd = bytes.length - 16;
    expect(documented[0]).toEqual(bytes.slice(0, 8));
    expect(new TextDecoder().decode(documented[1])).toBe(
      new TextDecoder().decode(bytes.subarray(8, headerEnd)).trimEnd(),
    );
    expect(documented[2]).toEqual(bytes.slice(headerEnd));
    expect(page).toContain(`The file has ${bytes.length} bytes`);
    const offsets = lines.slice(0, 3).map((line) => Number.parseInt(line.slice(0, 4), 16));
    expect(offsets).toEqual([0, 8, headerEnd]);
  });
});
