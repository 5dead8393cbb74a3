/** What a call uploads for its rows: the rows themselves, and their contexts where the flow has some. */
import type { Rows } from '../calls/callerArrays.ts';
import type { RowInput } from '../gpu/rows.ts';
import { numbered, requireFinite, takeContext } from '../calls/rows.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { CONTEXT, STATE } from '../plan/names.ts';

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
