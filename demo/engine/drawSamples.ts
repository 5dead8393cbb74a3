/** Samples for export. */
import { ShapeError } from '../../src/index.ts';
import type { Flow, Rows } from '../../src/index.ts';
import { offsetOf } from '../../src/page/index.ts';

/** Rows per call: too few to start the search for the fastest kernels, and no long submit. */
const CHUNK = 4000;
/** A million rows of a few columns are about 10 MB of text. */
const MAX_COUNT = 1_000_000;

/**
 * Draws rows [count, D] from the flow as it is, chunk by chunk, so that training continues in between.
 * @param context for a flow with classes: one for all rows [C], or one a row [count, C]
 */
export async function drawSamples(
  flow: Flow,
  count: number,
  seed: number,
  context?: Float32Array,
): Promise<Rows> {
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_COUNT) {
    throw new ShapeError('number of samples', String(count), `an integer from 1 to ${MAX_COUNT}`);
  }
  const rows = new (offsetOf(flow.spec) === undefined ? Float32Array : Float64Array)(count * flow.dim);
  for (let start = 0; start < count; start += CHUNK) {
    const size = Math.min(CHUNK, count - start);
    const { contextDim } = flow.spec;
    const own =
      context?.length === contextDim
        ? context
        : context?.subarray(start * contextDim, (start + size) * contextDim);
    const given = own === undefined ? {} : { context: own };
    rows.set(await flow.sample(size, { seed, firstRow: start, ...given }), start * flow.dim);
  }
  return rows;
}
