/** The rows of a run on the GPU. */
import type { Rows } from '../calls/callerArrays.ts';
import type { RowStream } from '../data/rowStream.ts';
import { weightBounds } from '../data/weights.ts';
import type { Buffers, OwnedBuffer } from '../gpu/buffers.ts';
import type { BatchSource, DatasetTable } from '../passes/batch.ts';
import {
  contextDatasetName,
  datasetName,
  NOISE_FACTOR,
  ROW_BOUNDS,
  widthDatasetName,
} from '../plan/names.ts';
import { chunksOf } from '../plan/shape.ts';

/** The rows that a run learns from. */
export interface UploadedRows {
  source: BatchSource;
  /** Its training rows, in blocks of any size; undefined for a toy density. */
  blocks?: RowStream['blocks'];
  /** The weights of the rows, if they differ. */
  weights?: Float32Array;
  /** A factor of the covariance of the rows' noise, if `source` has noise. */
  noise?: Float32Array;
  /** The offset that the flow subtracts from each row. */
  offset?: Float64Array;
}

/** Bytes on their way to the GPU before the host waits for it. */
const MAX_PENDING_BYTES = 32 * 2 ** 20;

/** A part of the rows, and the names of its buffers. */
interface UploadedTable {
  part: 'data' | 'context' | 'widths';
  table: DatasetTable;
  nameOf: (segment: number) => string;
  offset?: Float64Array;
}

function tablesOf({ source, offset }: UploadedRows): UploadedTable[] {
  if (source.kind !== 'dataset') return [];
  return [
    { part: 'data', table: source, nameOf: datasetName, ...(offset && { offset }) },
    ...(source.context
      ? [{ part: 'context', table: source.context, nameOf: contextDatasetName } as const]
      : []),
    ...(source.hasWidths ? [{ part: 'widths', table: source, nameOf: widthDatasetName } as const] : []),
  ];
}

/** Makes the buffers of the rows: the data set in segments, each a buffer with the name that plans use. */
export function* rowBuffers(buffers: Buffers, rows: UploadedRows): Generator<[string, OwnedBuffer]> {
  const { source, weights, noise } = rows;
  if (source.kind !== 'dataset') return;
  if (weights !== undefined) yield [ROW_BOUNDS, buffers.storage(ROW_BOUNDS, 2 * source.rows)];
  if (noise !== undefined) yield [NOISE_FACTOR, buffers.storage(NOISE_FACTOR, noise.length)];
  for (const { table, nameOf } of tablesOf(rows)) {
    for (const [segment, { count }] of chunksOf(source.rows, table.segmentRows).entries()) {
      const name = nameOf(segment);
      yield [name, buffers.storage(name, count * table.features)];
    }
  }
}

/** Fills the buffers of the rows, block by block. */
export async function fillRows(
  buffers: Buffers,
  rows: UploadedRows,
  made: ReadonlyMap<string, OwnedBuffer>,
): Promise<void> {
  const { source, blocks, weights, noise } = rows;
  if (source.kind !== 'dataset' || blocks === undefined) return;
  const write = (name: string, values: Float32Array | Uint32Array, start = 0): void => {
    const buffer = made.get(name);
    if (buffer === undefined) throw new RangeError(`no buffer ${name}`);
    buffers.write(buffer, values, start);
  };
  if (weights !== undefined) write(ROW_BOUNDS, weightBounds(weights));
  if (noise !== undefined) write(NOISE_FACTOR, noise);
  const tables = tablesOf(rows);
  let first = 0;
  let pending = 0;
  for await (const block of blocks()) {
    const count = block.data.length / source.features;
    for (const { part, table, nameOf, offset } of tables) {
      const { features, segmentRows } = table;
      const values = block[part];
      if (values === undefined) continue;
      for (let row = 0, taken = 0; row < count; row += taken) {
        const place = (first + row) % segmentRows;
        taken = Math.min(count - row, segmentRows - place);
        const some = shifted(values.subarray(row * features, (row + taken) * features), offset);
        write(nameOf(Math.floor((first + row) / segmentRows)), some, place * features);
        pending += some.byteLength;
      }
    }
    first += count;
    if (pending < MAX_PENDING_BYTES) continue;
    await buffers.settled();
    pending = 0;
  }
}

/** Rows [N, D] minus the offset [D], as float32. */
function shifted(rows: Rows, offset: Float64Array | undefined): Float32Array {
  const isPlain = offset === undefined || offset.every((value) => value === 0);
  if (isPlain) return rows instanceof Float32Array ? rows : new Float32Array(rows);
  return Float32Array.from(rows, (value, index) => value - (offset[index % offset.length] ?? 0));
}
