/** What each column of a table is, and its rows as a flow learns them, as on the command line. */
import { DataError } from '../../src/index.ts';
import { plainCell, plainNumbers, planTable, TableProfile } from '../../src/page/index.ts';
import type { TableCodec, TableColumn, TableNotice } from '../../src/page/index.ts';
import { MAX_CLASSES } from '../labels.ts';
import type { RowLabels } from '../labels.ts';
import type { RowData } from '../protocol.ts';
import type { TableChoice } from './tableChoice.ts';
import type { TextTable } from './tableRecords.ts';

/** Rows as a flow learns them. The labels that could split them, if there are any, are a column of the rows too. */
export interface Table extends Omit<RowData, 'kind' | 'title'> {
  /** One line for each column of the file: what it is. */
  words: string[];
  /** What the command line prints as warnings and notes. */
  remarks: TableNotice[];
  /** The file's columns, what each is, and its first rows. */
  names?: readonly string[];
  allWords?: readonly string[];
  preview?: readonly (readonly string[])[];
  /** What the visitor chose about it. */
  choice?: TableChoice;
}

/** Fewer rows than this are too few for a density. */
const FEWEST_ROWS = 10;

/**
 * @param remarks on how the file was read
 * @throws {DataError} with file, line and column, if there are not two features to learn
 */
export function tableOf(
  { names, cells, lines }: TextTable,
  file: string,
  remarks: readonly TableNotice[],
  label?: string,
): Table {
  if (cells.length < FEWEST_ROWS) {
    throw new DataError(
      `found ${cells.length} ${cells.length === 1 ? 'row' : 'rows'}, expected at least ${FEWEST_ROWS}`,
      { file },
      'Add rows.',
    );
  }
  const profile = new TableProfile(names);
  cells.forEach((row, index) => profile.add(row, lines[index] ?? 0));
  const { codec, places, words, warnings } = planTable(file, profile);
  requirePair(file, codec, words);
  const texts = cells.map((row) => places.map((place) => row[place] ?? ''));
  const { values, widths } = codec.encode(texts, { file, lines });
  const table = codec.columns;
  const labels = labelsIn(table, texts, label);
  if (label !== undefined && labels === undefined) throw noLabels(file, label);
  return {
    columns: codec.features.map(({ name }) => name),
    rows: values,
    domains: codec.features.map(({ domain }) => domain),
    ...(plainNumbers(table) === undefined && { cells: { table, widths } }),
    ...(labels && { labels }),
    words,
    remarks: [...remarks, ...warnings.map((message): TableNotice => ({ kind: 'warning', message }))],
  };
}

/** @throws {DataError} if there is one feature */
function requirePair(file: string, { dim }: TableCodec, words: readonly string[]): void {
  if (dim >= 2) return;
  throw new DataError(
    `found one column to learn (${words.slice(0, 10).join('; ')}), expected two or more`,
    { file },
    'A coupling needs one column to look at and one to change.',
  );
}

function noLabels(file: string, label: string): DataError {
  return new DataError(
    `found the column "${label}" to tell rows apart by, expected one of at most ${MAX_CLASSES} labels without blanks`,
    { file },
    'Choose another, or leave rows with blanks out.',
  );
}

/** The chosen column of labels or the only one, if it has few of them and no blanks. */
function labelsIn(
  table: readonly TableColumn[],
  texts: readonly (readonly string[])[],
  label: string | undefined,
): RowLabels | undefined {
  const [column, ...others] = table
    .filter((one) => one.type === 'category')
    .filter(({ name }) => label === undefined || name === label);
  if (column === undefined || others.length > 0) return undefined;
  const { name, levels } = column;
  if (levels.length > MAX_CLASSES || levels.includes('')) return undefined;
  const places = new Map(levels.map((level, place) => [level, place]));
  const at = table.indexOf(column);
  const of = Uint8Array.from(texts, (row) => places.get(plainCell(row[at] ?? '')) ?? 0);
  return { column: { name, levels }, of };
}
