/** The rows of a run that come block by block. */
import { MIN_TRAINING_ROWS, ROW_PARTS } from '../data/holdOut.ts';
import { surveyRows, trainingBlocks } from '../data/rowStream.ts';
import type { RowStream, StreamBlock } from '../data/rowStream.ts';
import { columnNamesOf, requireFiniteRows } from '../data/statistics.ts';
import { requireRowWeights, requireWeightable } from '../data/weights.ts';
import { ShapeError } from '../errors.ts';
import { requireInside } from '../model/domain.ts';
import { domainsOf } from '../spec/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { FitOptions } from './options.ts';
import {
  finiteContext,
  insideOf,
  keptRows,
  requireContextColumns,
  requireEnough,
  requireWhole,
  scoringOf,
  sourceFor,
  widthsOf,
} from './rows.ts';
import type { EarlierRun, RunRows } from './rows.ts';

/** Values of the sample of a stream, 32 MiB in float64. A table of fewer values needs no stream. */
export const MAX_SAMPLE_VALUES = 2 ** 22;

/**
 * Like `runRows`, for a stream: reads it once, and holds only a sample for statistics and the held-out rows. The seed
 * holds out the same rows as of a table in memory. The others keep their order in the data set.
 * @throws {ShapeError | DataError} like `runRows`, and when the blocks do not fit together
 */
export async function streamedRows(
  spec: FlowSpec,
  stream: RowStream,
  options: FitOptions,
  { seed, stored }: EarlierRun,
): Promise<RunRows> {
  requireNoArrays(options);
  requireContextColumns(spec, options);
  const scoring = scoringOf(spec, stream.rows, options, stored);
  const { given, heldOut = 0 } = scoring ?? {};
  const found = await surveyRows(stream, spec.dim, {
    held: Math.min(heldOut, stream.rows - 1),
    seed,
    sampleRows: Math.max(MIN_TRAINING_ROWS, Math.floor(MAX_SAMPLE_VALUES / spec.dim)),
    check: blockCheck(spec, stream, options),
  });
  const { sample, held, heldPlaces, rows, weights, ranges, fingerprint } = found;
  requireEnough(rows);
  if (sample === undefined) throw new RangeError('a stream without training rows');
  const scored = given ?? (held && { ...held, heldOut, places: heldPlaces });
  const validation = scoring && scored && { ...scored, every: scoring.every, patience: scoring.patience };
  return {
    source: sourceFor(spec, sample, rows),
    training: sample,
    blocks: () => trainingBlocks(stream, spec.dim, heldPlaces),
    ...(weights && { weights }),
    ...(ranges && { ranges }),
    ...(validation && { validation }),
    kept: keptRows(fingerprint, validation, options, stored),
  };
}

/** @throws {ShapeError} when an array is given that belongs to the blocks */
function requireNoArrays(options: FitOptions): void {
  for (const part of ['context', 'widths', 'weights'] as const) {
    const given = options[part];
    if (given === undefined) continue;
    const found = `${given.length} values next to a stream of rows`;
    throw new ShapeError(`fit option ${part}`, found, 'none', `Give them in the blocks: { data, ${part} }.`);
  }
}

/** A check of each block in turn. */
function blockCheck(spec: FlowSpec, stream: RowStream, options: FitOptions): (one: StreamBlock) => void {
  const names = columnNamesOf(spec.dim, options.columns);
  const { columns, signal } = options;
  let parts: string | undefined;
  return ({ block, first, count }) => {
    signal?.throwIfAborted();
    const { data, context, widths, weights } = block;
    const own = ROW_PARTS.filter((part) => block[part] !== undefined).join(', ');
    parts ??= own;
    if (own !== parts) throw new ShapeError('a block of rows', own, `${parts}, as in the first block`);
    requireWhole('data of a block', data, spec.dim);
    const firstRow = first + 1;
    requireFiniteRows(data, names, firstRow);
    requireInside(insideOf(data, widths), domainsOf(spec), { firstRow, ...(columns && { columns }) });
    widthsOf('widths of a block', data, widths);
    finiteContext('context of a block', spec, count, context, options.contextColumns, firstRow);
    if (weights === undefined) return;
    requireWeightable('weights of a stream', stream.rows);
    requireRowWeights('weights of a block', weights, count, firstRow);
  };
}
