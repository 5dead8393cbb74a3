/** The number of rows that go through the flow at once. */
import { netsOf } from '../bijectors/bijector.ts';
import { rowGradients } from '../bases/base.ts';
import type { FlowModel } from '../spec/layout.ts';

/** Bytes of the widest workspace buffer; keeps every binding far below WebGPU's guaranteed 128 MiB. */
const WIDEST_BUFFER_BYTES = 16 * 2 ** 20;

/** The same for chunks that stay in the caches of a CPU, while the host prepares the next one. */
export const CACHED_BUFFER_BYTES = 2 * 2 ** 20;

/** Chunks have a multiple of this many rows: whole workgroups, and padding only in the last chunk. */
const CHUNK_MULTIPLE = 64;

const MAX_CHUNK_ROWS = 65_536;

/**
 * The most rows that a plan of this model processes at once. It depends only on the model, so that sums over
 * chunks have the same bits on every device of a kind.
 * @param results features of the widest result
 */
export function chunkRowsOf(
  { spec, layout }: FlowModel,
  results = 0,
  widestBytes = WIDEST_BUFFER_BYTES,
): number {
  const widths = layout.bijectors.flatMap((layer) => {
    const layers = netsOf(layer).flatMap(({ layers, pixels = 1 }) =>
      layers.flatMap(({ inputs, outputs, conv }) => [pixels * (conv?.channels ?? inputs), pixels * outputs]),
    );
    return [layer.room.width?.(layer) ?? 0, ...layers];
  });
  const widest = Math.max(2 * spec.dim, spec.contextDim, rowGradients(layout.base), results, ...widths);
  const fitting = Math.floor(widestBytes / (4 * widest) / CHUNK_MULTIPLE) * CHUNK_MULTIPLE;
  return Math.min(MAX_CHUNK_ROWS, Math.max(CHUNK_MULTIPLE, fitting));
}
