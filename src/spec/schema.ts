/** Parses a FlowSpec from the JSON of a file, or from a spec made in code. */
import * as v from 'valibot';
import type { BaseSpec } from '../bases/index.ts';
import { ModelFileError, ShapeError } from '../errors.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { paramLayout } from './layout.ts';
import { checkRelations, flowSpecSchema } from './spec.ts';
import type { FlowSpec } from './spec.ts';
import { parseStrictJson, shown } from './strictJson.ts';

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
  const spec = checkJson(flowSpecSchema, json, 'spec', fileName);
  try {
    checkWhole(spec);
  } catch (error) {
    if (error instanceof ShapeError) throw new ModelFileError(fileName, error.message.replace(/\.$/, ''));
    throw error;
  }
  return spec;
}

/**
 * A copy of a spec made in code, with its keys in the schema's order.
 * @throws {ShapeError} naming the field, what was found and what was expected
 */
export function checkedSpec(spec: FlowSpec): FlowSpec {
  const { spec: checked, mismatch } = parsed(flowSpecSchema, spec, 'spec');
  if (mismatch !== undefined) throw new ShapeError(mismatch.where, mismatch.found, mismatch.expected);
  checkWhole(checked);
  return checked;
}

/** Like `checkedSpec`, for a base alone. */
export function checkedBase(base: BaseSpec): BaseSpec {
  const { spec, mismatch } = parsed(flowSpecSchema.entries.base, base, 'spec.base');
  if (mismatch !== undefined) throw new ShapeError(mismatch.where, mismatch.found, mismatch.expected);
  return spec;
}

function checkWhole(spec: FlowSpec): void {
  checkRelations(spec);
  const { length } = paramLayout(spec).tensors;
  if (length <= SPEC_LIMITS.tensors) return;
  throw new ShapeError('spec.bijectors', `${length} tensors in all`, `at most ${SPEC_LIMITS.tensors}`);
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
  const { spec, mismatch } = parsed(schema, json, root);
  if (mismatch === undefined) return spec;
  const { where, found, expected, isUnknownName } = mismatch;
  throw new ModelFileError(
    fileName,
    `${where}: found ${found}, expected ${expected}`,
    isUnknownName ? 'If the file was made by a newer wgflow, update wgflow to read it.' : '',
  );
}

interface Mismatch {
  where: string;
  found: string;
  expected: string;
  isUnknownName: boolean;
}

function parsed<TSchema extends v.GenericSchema>(
  schema: TSchema,
  json: unknown,
  root: string,
): { spec: v.InferOutput<TSchema>; mismatch?: undefined } | { spec?: undefined; mismatch: Mismatch } {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return { spec: result.output };
  const [issue] = result.issues;
  const where = root + (issue.path ?? []).map(({ key }) => pathStep(key)).join('');
  const isUnknownName =
    issue.input !== undefined && ['variant', 'picklist', 'literal', 'strict_object'].includes(issue.type);
  return { mismatch: { where, ...factsOf(issue), isUnknownName } };
}

/** Keys come from the file, so only plain ones appear unchanged in the message. */
function pathStep(key: unknown): string {
  if (typeof key === 'number') return `[${key}]`;
  return typeof key === 'string' && /^\w{1,40}$/.test(key) ? `.${key}` : `[${shown(key)}]`;
}

function factsOf(issue: v.BaseIssue<unknown>): { found: string; expected: string } {
  const found = shown(issue.input);
  if (issue.kind === 'validation') {
    const isLength = issue.type === 'min_length' || issue.type === 'max_length';
    const expected = expectedBy(issue);
    return isLength
      ? { found: `${issue.received} items`, expected: `${expected} items` }
      : { found, expected };
  }
  const { expected } = issue;
  if (expected === 'never') return { found: 'a key that is not known', expected: 'no such key' };
  if (issue.input === undefined) return { found: 'nothing', expected: 'this key' };
  return { found, expected: expected === 'Object' ? 'an object' : (expected ?? issue.message) };
}

/** The expectation in a check's message, or valibot's if the check has no message. */
function expectedBy({ type, message, expected }: v.BaseIssue<unknown>): string {
  if (!message.startsWith('Invalid ')) return message;
  if (type === 'safe_integer') return 'an integer';
  return type === 'finite' ? 'a finite number' : (expected ?? message);
}
