/** Rows of features as the cells of a table, for the page. */
import type { Rows } from '../../src/index.ts';
import type { TableCodec } from '../../src/page/index.ts';
import { featuresOf } from '../features.ts';
import type { CellTexts, DrawnRows } from '../protocol.ts';

/** A row of features as text: see `CellTexts`. */
export function cellTexts(codec: TableCodec, row: Rows): CellTexts {
  const [texts = []] = codec.decode(row);
  return featuresOf(codec.columns).map(({ kind, column }) => {
    if (kind === 'number') return null;
    if (kind === 'which') return '';
    return texts[column] || 'blank';
  });
}

/** Drawn rows of features as a table. */
export function drawnCells(codec: TableCodec, rows: Rows): DrawnRows {
  const text = codec.decodeDrawn(rows);
  const features = featuresOf(codec.columns);
  const numbers = text.flatMap((cells) =>
    features.map(({ kind, column }) =>
      kind === 'number' || kind === 'count' ? Number.parseFloat(cells[column] ?? '') : NaN,
    ),
  );
  return {
    columns: codec.features.map(({ name }) => name),
    rows: Float64Array.from(numbers),
    text: { columns: codec.columns.map(({ name }) => name), rows: text },
  };
}
