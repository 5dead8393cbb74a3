/** The column of `--weights`: a number ≥ 0 for each row. It is read as text next to the context columns. */
import { NUMBER } from '../data/numberText.ts';
import type { TextRows } from '../data/readTable.ts';
import { DataError, ShapeError } from '../errors.ts';

/** Text columns of a table without its weights, and the weights. */
export interface WeightedText {
  text: TextRows;
  weights?: Float32Array;
}

/** @throws {ShapeError} when the column of the weights is learned or a context too */
export function requireOwnColumn(
  weights: string | undefined,
  others: Readonly<Record<string, readonly string[] | undefined>>,
): void {
  if (weights === undefined) return;
  for (const [option, names] of Object.entries(others)) {
    if (names?.includes(weights) !== true) continue;
    const advice = 'A weight says how often a row counts; it is not learned.';
    throw new ShapeError('--weights', `${weights}, also in ${option}`, 'a column of its own', advice);
  }
}

/** Takes the last text column as the weights, if there are any. @throws {DataError} naming a line without a weight */
export function takeWeights(file: string, column: string | undefined, text: TextRows): WeightedText {
  if (column === undefined) return { text };
  const weights = Float32Array.from(text.cells, (row, index) => {
    const cell = row.at(-1) ?? '';
    const value = NUMBER.test(cell) ? Number(cell) : NaN;
    if (value >= 0 && Number.isFinite(Math.fround(value))) return value;
    throw new DataError(
      `found ${JSON.stringify(cell)}, expected a weight: a number ≥ 0`,
      { file, row: text.lines[index], column },
      'Give --weights a column of numbers, such as counts of rows.',
    );
  });
  return { text: { ...text, cells: text.cells.map((row) => row.slice(0, -1)) }, weights };
}

/** @throws {DataError} when there is no weight above 0 */
export function requireSomeWeight(file: string, column: string | undefined, weights: Float32Array): void {
  if (weights.some((weight) => weight > 0)) return;
  throw new DataError('found only weights of 0, expected one above 0', { file, column });
}
