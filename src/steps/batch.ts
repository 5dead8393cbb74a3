/** Where a training step's rows come from. */
import { batchGather } from '../kernels/batch_gather.ts';
import { toyPoints } from '../kernels/toy_points.ts';
import type { PlanBuilder } from '../plan.ts';
import { chunksOf } from '../shape.ts';
import { datasetName, STATE, STEP_CURSOR, STEP_STATE } from './names.ts';

/** Rows of a data set on the GPU, shuffled anew each epoch, or fresh points of a toy density. */
export type BatchSource =
  | { kind: 'dataset'; rows: number; features: number; segmentRows: number }
  | { kind: 'toy'; shape: number; noise: number; stream: number };

/** Steps whose cursor, scalars and losses are on the GPU at once; slot = step mod RING_SIZE. */
export const RING_SIZE = 1024;

/** Bytes of one data set buffer; larger sets are cut into segments. */
const SEGMENT_BYTES = 128 * 2 ** 20;

export function datasetSource(
  rows: number,
  features: number,
  segmentBytes = SEGMENT_BYTES,
): BatchSource & { kind: 'dataset' } {
  return { kind: 'dataset', rows, features, segmentRows: Math.floor(segmentBytes / (4 * features)) };
}

/** Puts rows [rowStart, rowStart + rows) of the step's batch into the state. */
export function batchRows(
  plan: PlanBuilder,
  source: BatchSource,
  seed: number,
  { rows, rowStart }: { rows: number; rowStart: number },
): void {
  const stepState = plan.buffer(STEP_STATE, 1, 'u32');
  const stepCursor = plan.buffer(STEP_CURSOR, 2 * RING_SIZE, 'u32');
  if (source.kind === 'toy') {
    const { shape, noise, stream } = source;
    plan.add(
      toyPoints({
        rows,
        rowStart,
        seed,
        shape,
        noise,
        stream,
        ringSize: RING_SIZE,
        stepState,
        stepCursor,
        state: STATE,
      }),
    );
    return;
  }
  const { features } = source;
  chunksOf(source.rows, source.segmentRows).forEach(({ start, count }, segment) => {
    plan.add(
      batchGather({
        rows,
        rowStart,
        features,
        dataRows: source.rows,
        segmentStart: start,
        segmentRows: count,
        seed,
        ringSize: RING_SIZE,
        stepState,
        stepCursor,
        dataset: plan.buffer(datasetName(segment), count * features),
        state: STATE,
      }),
    );
  });
}

/** The two words of STEP_CURSOR for a step: where its batch begins. */
export function batchCursor(source: BatchSource, step: number, batch: number): [number, number] {
  const first = BigInt(step) * BigInt(batch);
  if (source.kind === 'toy') return [Number((first >> 32n) & 0xffffffffn), Number(first & 0xffffffffn)];
  const rows = BigInt(source.rows);
  return [Number((first / rows) & 0xffffffffn), Number(first % rows)];
}
