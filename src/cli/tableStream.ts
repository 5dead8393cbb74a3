/** A table that is too large for memory, as a stream of rows. */
import { chosenRows, joinedRows } from '../data/holdOut.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { evenPlaces, inOrder } from '../data/evenPlaces.ts';
import type { RowStream } from '../data/rowStream.ts';
import type { ContextColumn } from '../model/context.ts';
import { encodeCells } from './contextInput.ts';
import type { LearnableTable } from './learnableTable.ts';
import type { Reading } from './progress.ts';
import { takeWeights } from './weightsInput.ts';

export interface TableStream extends RowStream {
  /** Rows at even distances for pictures, which the first pass over the blocks keeps. */
  shown: () => ContextRows;
}

/** Rows at even distances that pictures show. */
export const SHOWN_ROWS = 2000;

/** @param rows the number of rows of the table */
export function tableStream(
  rows: number,
  { file, columns, read }: LearnableTable,
  options: { contexts: readonly ContextColumn[]; weights?: string; reading: Reading },
): TableStream {
  const { contexts, weights: weightsColumn, reading } = options;
  let shown: ContextRows | undefined;
  async function* blocks(): AsyncGenerator<ContextRows> {
    const isShown = inOrder(evenPlaces(rows, SHOWN_ROWS));
    const kept: ContextRows[] = [];
    let first = 0;
    const countOf = (values: ContextRows['data']): number => values.length / columns.length;
    for await (const { values, widths, text } of reading(read(), (part) => countOf(part.values), rows)) {
      const { text: cells, weights } = takeWeights(file, weightsColumn, text);
      const block = {
        data: values,
        ...(contexts.length > 0 && { context: encodeCells(file, contexts, cells) }),
        ...(widths && { widths }),
        ...(weights && { weights }),
      };
      const count = countOf(values);
      const chosen = Uint32Array.from({ length: count }, (_, row) => row).filter((row) =>
        isShown(first + row),
      );
      if (shown === undefined && chosen.length > 0) kept.push(chosenRows(block, count, chosen));
      yield block;
      first += count;
    }
    shown ??= joinedRows(kept);
  }
  return {
    rows,
    blocks,
    shown() {
      if (shown === undefined) throw new RangeError('the table was not read');
      return shown;
    },
  };
}
