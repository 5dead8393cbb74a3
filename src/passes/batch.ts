/** The source of a training step's rows. */
import { batchGather } from '../kernels/data/batch_gather.ts';
import { rowNoise } from '../kernels/data/row_noise.ts';
import { toyPoints } from '../kernels/data/toy_points.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { chunksOf } from '../plan/shape.ts';
import type { FlowSpec } from '../spec/spec.ts';
import {
  CONTEXT,
  contextDatasetName,
  datasetName,
  NOISE_FACTOR,
  ROW_BOUNDS,
  STATE,
  STEP_CURSOR,
  STEP_STATE,
  widthDatasetName,
} from '../plan/names.ts';

/** A table of a data set, row-major, and how it is cut into buffers. */
export interface DatasetTable {
  features: number;
  segmentRows: number;
}

/** Rows of a data set on the GPU, reshuffled each epoch, or fresh points of a toy density. */
export type BatchSource =
  | ({
      kind: 'dataset';
      rows: number;
      context?: DatasetTable;
      /** Whether its cells have widths, its rows weights, and each draw noise. */
      hasWidths?: boolean;
      isWeighted?: boolean;
      hasNoise?: boolean;
    } & DatasetTable)
  | { kind: 'toy'; shape: number; noise: number; stream: number; classes?: number };

/** Number of steps whose cursor, scalars and losses are on the GPU at once; slot = step mod RING_SIZE. */
export const RING_SIZE = 1024;

/** Up to two submits may be pending, each with its copy of the ring of losses. */
export const LOSS_STAGING_LENGTHS = [2 * RING_SIZE, 2 * RING_SIZE] as const;

/** Bytes of one data set buffer; larger sets are cut into segments. */
const SEGMENT_BYTES = 128 * 2 ** 20;

export function datasetSource(
  rows: number,
  features: number,
  segmentBytes = SEGMENT_BYTES,
): BatchSource & { kind: 'dataset' } {
  return { kind: 'dataset', rows, features, segmentRows: Math.floor(segmentBytes / (4 * features)) };
}

/** A data set for a flow of `spec`, with the contexts of its rows if the flow has a context. */
export function datasetFor(
  { dim, contextDim }: FlowSpec,
  rows: number,
  segmentBytes = SEGMENT_BYTES,
): BatchSource & { kind: 'dataset' } {
  const source = datasetSource(rows, dim, segmentBytes);
  return contextDim === 0 ? source : { ...source, context: datasetSource(rows, contextDim, segmentBytes) };
}

/** Writes rows [rowStart, rowStart + rows) of the step's batch to the state, and their contexts to CONTEXT. */
export function batchRows(
  plan: PlanBuilder,
  source: BatchSource,
  seed: number,
  { rows, rowStart }: { rows: number; rowStart: number },
): void {
  const stepState = plan.buffer(STEP_STATE, 2, 'u32');
  const stepCursor = plan.buffer(STEP_CURSOR, 2 * RING_SIZE, 'u32');
  if (source.kind === 'toy') {
    const { shape, noise, stream, classes } = source;
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
        ...(classes === undefined ? {} : { classes, context: plan.buffer(CONTEXT, classes * rows) }),
      }),
    );
    return;
  }
  const bounds =
    source.isWeighted === true ? { bounds: plan.buffer(ROW_BOUNDS, 2 * source.rows, 'u32') } : {};
  // The same shuffle selects each row and its context.
  const gather = (
    { features, segmentRows }: DatasetTable,
    name: typeof datasetName,
    state: string,
    widthsName?: typeof widthDatasetName,
  ): void =>
    chunksOf(source.rows, segmentRows).forEach(({ start, count }, segment) => {
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
          dataset: plan.buffer(name(segment), count * features),
          ...(widthsName && { widths: plan.buffer(widthsName(segment), count * features) }),
          state,
          ...bounds,
        }),
      );
    });
  gather(source, datasetName, STATE, source.hasWidths === true ? widthDatasetName : undefined);
  if (source.hasNoise === true) {
    const { features } = source;
    const factor = plan.buffer(NOISE_FACTOR, features * features);
    plan.add(rowNoise({ rows, rowStart, features, seed, stepState, factor, state: STATE }));
  }
  if (source.context === undefined) return;
  gather(source.context, contextDatasetName, plan.buffer(CONTEXT, source.context.features * rows));
}

/** The two words of STEP_CURSOR for a step: the start of its batch. */
export function batchCursor(source: BatchSource, step: number, batch: number): [number, number] {
  const first = BigInt(step) * BigInt(batch);
  if (source.kind === 'toy') return [Number((first >> 32n) & 0xffffffffn), Number(first & 0xffffffffn)];
  const rows = BigInt(source.rows);
  return [Number((first / rows) & 0xffffffffn), Number(first % rows)];
}
