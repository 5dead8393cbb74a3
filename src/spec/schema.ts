/** What the JSON of a FlowSpec may be, checked before anything is built from it. */
import * as v from 'valibot';
import { ModelFileError, ShapeError } from '../errors.ts';
import { innerWidths, MIXTURE_COMPONENTS, SPLINE_BINS, STUDENT_T_DF } from './spec.ts';
import { MAX_CONTEXT, SPEC_LIMITS } from '../model/limits.ts';
import { DOMAINS } from '../model/domain.ts';
import { ACTIVATIONS } from '../model/activation.ts';
import type { BijectorSpec, FlowSpec } from './spec.ts';
import { validateSpec } from './rules.ts';
import { parseStrictJson, shown } from './strictJson.ts';

const count = (max: number, min = 1) => v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));

const scaleSchema = v.variant('map', [
  v.strictObject({ map: v.literal('exp') }),
  v.strictObject({ map: v.literal('tanh'), bound: v.pipe(v.number(), v.finite(), v.gtValue(0)) }),
  v.strictObject({
    map: v.literal('sigmoid'),
    floor: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))),
  }),
]);

const hiddenSchema = v.pipe(
  v.array(count(SPEC_LIMITS.width)),
  v.minLength(1),
  v.maxLength(SPEC_LIMITS.hiddenLayers),
);
const residualBlocksSchema = v.optional(count(SPEC_LIMITS.residualBlocks));
const netInitSchema = v.picklist(['zero_last', 'torch_linear']);

const conditionerSchema = v.strictObject({
  hidden: hiddenSchema,
  residualBlocks: residualBlocksSchema,
  activation: v.picklist(ACTIVATIONS),
  separate: v.boolean(),
  init: netInitSchema,
});

const netSchema = v.strictObject({
  hidden: hiddenSchema,
  residualBlocks: residualBlocksSchema,
  activation: v.picklist(ACTIVATIONS),
  init: netInitSchema,
});

const bijectorSchema = v.variant('type', [
  v.strictObject({
    type: v.literal('domain'),
    features: v.pipe(v.array(v.picklist(DOMAINS)), v.minLength(1), v.maxLength(SPEC_LIMITS.dim)),
  }),
  v.strictObject({
    type: v.literal('standardize'),
    offset: v.optional(
      v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(SPEC_LIMITS.dim)),
    ),
  }),
  v.strictObject({
    type: v.literal('affine_coupling'),
    split: count(SPEC_LIMITS.dim - 1, 0),
    flip: v.boolean(),
    scale: scaleSchema,
    shiftFirst: v.optional(v.boolean()),
    conditioner: conditionerSchema,
  }),
  v.strictObject({
    type: v.literal('additive_coupling'),
    split: count(SPEC_LIMITS.dim - 1, 0),
    flip: v.boolean(),
    conditioner: netSchema,
  }),
  v.strictObject({
    type: v.literal('rational_quadratic_coupling'),
    split: count(SPEC_LIMITS.dim - 1, 0),
    flip: v.boolean(),
    bins: count(SPLINE_BINS.max, SPLINE_BINS.min),
    bound: v.pipe(v.number(), v.finite(), v.gtValue(0)),
    conditioner: netSchema,
  }),
  v.strictObject({
    type: v.literal('rational_quadratic_elementwise'),
    bins: count(SPLINE_BINS.max, SPLINE_BINS.min),
    bound: v.pipe(v.number(), v.finite(), v.gtValue(0)),
    block: v.optional(
      v.strictObject({ start: count(SPEC_LIMITS.dim - 1, 0), count: count(SPEC_LIMITS.dim) }),
    ),
  }),
  v.strictObject({ type: v.literal('diagonal_scale') }),
  v.strictObject({ type: v.literal('actnorm') }),
  v.strictObject({ type: v.literal('invertible_linear'), init: v.optional(v.literal('whiten')) }),
  v.strictObject({
    type: v.literal('permutation'),
    init: v.picklist(['reverse', 'random']),
    signed: v.optional(v.boolean()),
  }),
]);

const baseSchema = v.variant('type', [
  v.strictObject({ type: v.literal('standard_normal') }),
  v.strictObject({ type: v.literal('class_conditional') }),
  v.strictObject({ type: v.literal('diagonal_normal') }),
  v.strictObject({
    type: v.literal('student_t'),
    df: v.pipe(v.number(), v.minValue(STUDENT_T_DF.min), v.maxValue(STUDENT_T_DF.max)),
    learned: v.boolean(),
  }),
  v.strictObject({
    type: v.literal('mixture'),
    components: count(MIXTURE_COMPONENTS.max, MIXTURE_COMPONENTS.min),
  }),
  v.strictObject({ type: v.literal('uniform'), bound: v.pipe(v.number(), v.finite(), v.gtValue(0)) }),
]);

/** The JSON of `__metadata__.wgflow`; the order of its keys is the order in which they are written. */
export const flowSpecSchema = v.strictObject({
  version: v.literal(1),
  dim: count(SPEC_LIMITS.dim),
  contextDim: count(MAX_CONTEXT, 0),
  base: baseSchema,
  bijectors: v.pipe(v.array(bijectorSchema), v.maxLength(SPEC_LIMITS.bijectors)),
});

/**
 * Checks parsed JSON and returns it as a FlowSpec with its keys in the schema's order.
 * @param fileName used in messages only
 * @throws {ModelFileError} naming the JSON path, what was found and what was expected
 */
export function parseSpec(json: unknown, fileName: string): FlowSpec {
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (typeof version === 'number' && Number.isSafeInteger(version) && version > 1) {
    throw new ModelFileError(
      fileName,
      `spec.version: found ${version}, expected 1; the file was made by a newer wgflow`,
      'Update wgflow to read it.',
    );
  }
  const spec: FlowSpec = checkJson(flowSpecSchema, json, 'spec', fileName);
  try {
    validateSpec(spec);
  } catch (error) {
    if (error instanceof ShapeError) throw new ModelFileError(fileName, error.message.replace(/\.$/, ''));
    throw error;
  }
  const tensors = tensorCount(spec);
  if (tensors > SPEC_LIMITS.tensors) {
    throw new ModelFileError(
      fileName,
      `spec.bijectors: found ${tensors} tensors in all, expected at most ${SPEC_LIMITS.tensors}`,
    );
  }
  return spec;
}

/**
 * Parses the text of a metadata key.
 * @param where `__metadata__` key, for the message
 * @throws {ModelFileError} when it is not JSON or has a duplicate or reserved key
 */
export function parseMetadataJson(text: string, where: string, fileName: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelFileError(fileName, `${where}: found ${reason}, expected JSON`);
  }
}

/**
 * Checks `json` against `schema`; `root` names it in the message.
 * @throws {ModelFileError} for the first mismatch, with its JSON path
 */
export function checkJson<TSchema extends v.GenericSchema>(
  schema: TSchema,
  json: unknown,
  root: string,
  fileName: string,
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = root + (issue.path ?? []).map(({ key }) => pathStep(key)).join('');
  const { found, expected } = factsOf(issue);
  const unknownName =
    issue.input !== undefined && ['variant', 'picklist', 'literal', 'strict_object'].includes(issue.type);
  throw new ModelFileError(
    fileName,
    `${where}: found ${found}, expected ${expected}`,
    unknownName ? 'If the file was made by a newer wgflow, update wgflow to read it.' : '',
  );
}

/** Keys come from the file, so only plain ones go into the message as they are. */
function pathStep(key: unknown): string {
  if (typeof key === 'number') return `[${key}]`;
  return typeof key === 'string' && /^\w{1,40}$/.test(key) ? `.${key}` : `[${shown(key)}]`;
}

function factsOf(issue: v.BaseIssue<unknown>): { found: string; expected: string } {
  const found = shown(issue.input);
  // A check has no `expected`; its message says it.
  const expected = issue.expected ?? issue.message;
  switch (issue.type) {
    case 'safe_integer':
      return { found, expected: 'an integer' };
    case 'finite':
      return { found, expected: 'a finite number' };
    case 'min_length':
    case 'max_length':
      return { found: `${issue.received} items`, expected: `${expected} items` };
    default:
  }
  if (expected === 'never') return { found: 'a key that is not known', expected: 'no such key' };
  if (issue.input === undefined) return { found: 'nothing', expected: 'this key' };
  return { found, expected: expected === 'Object' ? 'an object' : expected };
}

function tensorCount(spec: FlowSpec): number {
  const base = {
    standard_normal: 0,
    class_conditional: 1,
    diagonal_normal: 2,
    student_t: 1,
    mixture: 3,
    uniform: 0,
  };
  return spec.bijectors.reduce((sum, bijector) => sum + tensorsOf(bijector), base[spec.base.type]);
}

function tensorsOf(bijector: BijectorSpec): number {
  switch (bijector.type) {
    case 'domain':
      return 1;
    case 'standardize':
      return 2;
    case 'affine_coupling':
      return (bijector.conditioner.separate ? 2 : 1) * 2 * (innerWidths(bijector.conditioner).length + 1);
    case 'additive_coupling':
    case 'rational_quadratic_coupling':
      return 2 * (innerWidths(bijector.conditioner).length + 1);
    case 'actnorm':
      return 3;
    case 'invertible_linear':
      return 4;
    case 'rational_quadratic_elementwise':
    case 'diagonal_scale':
      return 1;
    case 'permutation':
      return bijector.signed === true ? 2 : 1;
  }
}
