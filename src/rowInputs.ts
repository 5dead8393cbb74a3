/** What a call uploads for its rows: the rows themselves, and their contexts where the flow has some. */
import { takeFloats } from './callerArrays.ts';
import type { Rows } from './callerArrays.ts';
import { ShapeError } from './errors.ts';
import type { RowInput } from './gpu/rows.ts';
import { numbered, requireFinite } from './soundRows.ts';
import type { FlowSpec } from './spec.ts';
import { CONTEXT, STATE } from './steps/names.ts';

/**
 * The rows that go through the flow are data x or latent z, taken from the caller, row-major [rows, D]. The GPU draws them
 * if neither is given.
 * @throws {ShapeError} as `takeContext`
 * @throws {DataError} when a context is not finite
 */
export function rowInputs(
  spec: FlowSpec,
  rows: number,
  { x, z, context }: { x?: Rows; z?: Rows; context: Float32Array | undefined },
): RowInput[] {
  const given = takeContext('context', spec, rows, context);
  if (given !== undefined) requireFinite(given, numbered('c', spec.contextDim), 'context');
  return [
    ...(x === undefined ? [] : [{ buffer: STATE, features: spec.dim, rows: x, isData: true }]),
    ...(z === undefined ? [] : [{ buffer: STATE, features: spec.dim, rows: z }]),
    ...(given === undefined
      ? []
      : [
          {
            buffer: CONTEXT,
            features: spec.contextDim,
            rows: given,
            shared: given.length === spec.contextDim,
          },
        ]),
  ];
}

/**
 * The context that a caller gives for `rows` rows, as it is now: [rows, C], or one row [C] for all of them; undefined for a flow without context.
 * @throws {ShapeError} when it is missing, has another length, or is there where the flow has none
 */
export function takeContext(
  what: string,
  { contextDim }: FlowSpec,
  rows: number,
  given: Float32Array | undefined,
): Float32Array | undefined {
  const context = given === undefined ? undefined : takeFloats(what, given);
  if (contextDim === 0) {
    if (context === undefined) return undefined;
    throw new ShapeError(
      what,
      `${context.length} values`,
      'none',
      'This flow has no context: its spec.contextDim is 0.',
    );
  }
  const expected = `${contextDim} values (spec.contextDim) for each of the ${rows} rows, or one such row for all`;
  if (context === undefined) {
    throw new ShapeError(
      what,
      'none',
      expected,
      'Give { context } as a Float32Array, row-major [B, C] or [C].',
    );
  }
  if (context.length !== contextDim && context.length !== rows * contextDim) {
    throw new ShapeError(what, `${context.length} values`, expected);
  }
  return context;
}
