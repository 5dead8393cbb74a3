/** The least likely rows with all their cells. */
import type { RowsKind, WorstRow, WorstRows } from './findings.ts';
import { section, table } from './html.ts';
import type { TableCell } from './html.ts';
import { count } from './words.ts';

/** Columns that the table shows. */
const MAX_COLUMNS = 200;
/** A surprise from which a cell is marked, and the one of the strongest mark, in nats: one in 20, one in 20,000. */
const MARKED: [from: number, to: number] = [3, 10];

export function worstRowsSection({ columns, rows }: WorstRows, kind: RowsKind): string {
  if (rows.length === 0) return '';
  const hasNumbers = rows.some(({ row }) => row !== undefined);
  const hasSurprise = rows.some(({ surprise }) => surprise !== undefined);
  const lead = [
    `The ${rows.length} least likely of the ${kind}.`,
    ...(hasNumbers ? ['A row has the number of its line in the file.'] : []),
    ...(hasSurprise
      ? ['A coloured cell is unlikely given the others in its row; the stronger, the less likely.']
      : []),
    ...(columns.length > MAX_COLUMNS
      ? [`Only the first ${MAX_COLUMNS} of ${count(columns.length)} columns are shown.`]
      : []),
  ].join(' ');
  const head = [...(hasNumbers ? ['row'] : []), 'log p, nats', ...columns.slice(0, MAX_COLUMNS)];
  return section(
    'Least likely rows',
    lead,
    table(
      head,
      rows.map((row) => cellsOf(row, hasNumbers)),
    ),
  );
}

function cellsOf({ row, logProb, cells, surprise }: WorstRow, hasNumbers: boolean): TableCell[] {
  const [from, to] = MARKED;
  return [
    ...(hasNumbers ? [{ text: row === undefined ? '' : count(row), isNumber: true }] : []),
    { text: Number.isFinite(logProb) ? logProb.toFixed(2).replace('-', '−') : '−∞', isNumber: true },
    ...cells.slice(0, MAX_COLUMNS).map((text, i): TableCell => {
      const mark = ((surprise?.[i] ?? NaN) - from) / (to - from);
      const isNumber = /^[+−-]?[\d.]+(?:e[+−-]?\d+)?$/.test(text);
      return { text: text === '' ? 'blank' : text, isNumber, ...(mark > 0 && { mark }) };
    }),
  ];
}
