/** Samples for export. */
import { ShapeError } from '../../src/index.ts';
import type { Flow } from '../../src/index.ts';

/** Rows of a call: below what the library searches the fastest kernels for, and no long submit. */
const CHUNK = 4000;
/** A million rows of a few columns are some 10 MB of text. */
const MOST = 1_000_000;

/** Rows [count, D] of the flow as it is, chunk by chunk, so that training goes on in between. */
export async function drawSamples(flow: Flow, count: number, seed: number): Promise<Float32Array> {
  if (!Number.isSafeInteger(count) || count < 1 || count > MOST) {
    throw new ShapeError('number of samples', String(count), `an integer from 1 to ${MOST}`);
  }
  const rows = new Float32Array(count * flow.dim);
  for (let start = 0; start < count; start += CHUNK) {
    const chunk = await flow.sample(Math.min(CHUNK, count - start), { seed, firstRow: start });
    rows.set(chunk, start * flow.dim);
  }
  return rows;
}
