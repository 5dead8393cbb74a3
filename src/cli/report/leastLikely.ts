/** The least likely rows of a report, with all their cells. */
import { float32Text } from '../../data/csv.ts';
import { chosenRows } from '../../data/holdOut.ts';
import type { ContextRows } from '../../data/holdOut.ts';
import { leastPlaces } from '../../data/leastPlaces.ts';
import { columnNamesOf, contextCells } from '../contextInput.ts';
import type { TrainingSet } from '../trainingSet.ts';
import type { WorstRows } from './findings.ts';

const WORST_ROWS = 10;

/** Rows with their log-densities, and their lines in the file. */
export interface NumberedRows {
  rows: ContextRows;
  logProb: number[];
  lines?: number[];
}

/** The rows with the lowest log-density. */
export function leastLikely(
  judged: ContextRows & { lines?: Uint32Array },
  logProb: Float32Array,
  dim: number,
): NumberedRows {
  const { lines, data } = judged;
  const least = leastPlaces(logProb, WORST_ROWS);
  const of = (values: ArrayLike<number>): number[] => Array.from(least, (row) => values[row] ?? NaN);
  return {
    rows: chosenRows(judged, data.length / dim, least),
    logProb: of(logProb),
    ...(lines && { lines: of(lines) }),
  };
}

/** The texts of their cells, with those of their contexts. */
export function worstOf(
  { codec, columns, context }: Pick<TrainingSet, 'codec' | 'columns' | 'context'>,
  { rows, logProb, lines }: NumberedRows,
  surprises: ReadonlyMap<string, readonly number[]>,
  dim: number,
): WorstRows {
  const text = rows.data instanceof Float64Array ? String : float32Text;
  const texts =
    codec === undefined
      ? logProb.map((_, row) => [...rows.data.subarray(row * dim, (row + 1) * dim)].map(text))
      : codec.decodeCells(rows.data, rows.widths);
  const names = codec === undefined ? columns : codec.columns.map(({ name }) => name);
  const contexts = rows.context === undefined ? [] : contextCells(context?.columns ?? [], rows.context);
  return {
    columns: [...names, ...columnNamesOf(context?.columns ?? [])],
    rows: logProb.map((value, row) => ({
      ...(lines && { row: lines[row] ?? NaN }),
      logProb: value,
      cells: [...(texts[row] ?? []), ...(contexts[row] ?? [])],
      surprise: names.map((name) => surprises.get(name)?.[row] ?? NaN),
    })),
  };
}
