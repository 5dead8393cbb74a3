/** The columns that a report judges: their cells in rows of the data and in samples. */
import type { Rows } from '../../calls/callerArrays.ts';
import type { TableCodec } from '../../table/codec.ts';
import type { TableColumn } from '../../table/columns.ts';
import { formOf } from '../../table/forms.ts';

interface NamedColumn {
  name: string;
  /**
   * For each of some rows of the data, the probability under the model of a value below its own, given the other cells.
   * A cell that is a mass has a uniform draw within it. Uniform in (0, 1) if the column's conditional is right.
   */
  pit?: readonly number[];
}

/** A column of numbers, dates or times. */
export interface NumberColumn extends NamedColumn {
  kind: 'number';
  /** NaN is a blank. */
  data: Float64Array;
  samples: Float64Array;
  /** Whether all are whole numbers. */
  isWhole: boolean;
  /** Values that repeat, with a share of their own. */
  atoms: readonly number[];
  /** The text of a number. */
  format: (value: number) => string;
}

/** A column of labels; '' is a blank. */
export interface LabelColumn extends NamedColumn {
  kind: 'label';
  levels: readonly string[];
  /** Indices of levels. */
  data: Float64Array;
  samples: Float64Array;
}

export type ReportColumn = NumberColumn | LabelColumn;

/** Rows of a table as text, one text per column. */
export interface TextTable {
  columns: readonly string[];
  cells: readonly (readonly string[])[];
}

/** Columns of plain numbers, from the features of rows [n, D] and samples [m, D]. */
export function plainColumns(names: readonly string[], data: Rows, samples: Rows): ReportColumn[] {
  const of = (rows: Rows, column: number): Float64Array =>
    Float64Array.from(
      { length: rows.length / names.length },
      (_, i) => rows[i * names.length + column] ?? NaN,
    );
  return names.map((name, column) => ({
    name,
    kind: 'number',
    data: of(data, column),
    samples: of(samples, column),
    isWhole: false,
    atoms: [],
    format: shortNumber,
  }));
}

/** The learned columns of a table, from texts of rows and samples, one per column of the codec. */
export function tableColumns(
  { columns, learned }: TableCodec,
  data: readonly (readonly string[])[],
  samples: readonly (readonly string[])[],
): ReportColumn[] {
  const isLearned = new Set(learned);
  return columns.flatMap((column, place) => {
    if (!isLearned.has(column.name)) return [];
    const read = readerOf(column);
    const of = (rows: readonly (readonly string[])[]): Float64Array =>
      Float64Array.from(rows, (row) => read.value(row[place] ?? ''));
    return [{ name: column.name, ...read.kind, data: of(data), samples: of(samples) }];
  });
}

type Kind =
  Pick<LabelColumn, 'kind' | 'levels'> | Pick<NumberColumn, 'kind' | 'isWhole' | 'atoms' | 'format'>;

/** What a column is, and how its texts become values. */
function readerOf(column: TableColumn): { kind: Kind; value: (text: string) => number } {
  if (column.type === 'category') {
    const places = new Map(column.levels.map((level, place) => [level, place]));
    return {
      kind: { kind: 'label', levels: column.levels },
      value: (text) => places.get(text) ?? NaN,
    };
  }
  const { parse, format, kind } = formOf(column.type === 'number' ? column.form : 'decimal');
  const atoms = column.type === 'number' ? (column.atoms?.texts ?? []) : [];
  const isWhole = column.type === 'count' || (column.type === 'number' && column.step === 1);
  return {
    kind: {
      kind: 'number',
      isWhole,
      atoms: atoms.filter((text) => text !== '').map(parse),
      format: kind === undefined ? (value) => shortNumber(value) : (value) => format(Math.floor(value)),
    },
    value: (text) => (text === '' ? NaN : parse(text)),
  };
}

/** Four digits, or all digits of a whole number that float64 holds; the minus sign of typography. */
export function shortNumber(value: number): string {
  const rounded = Number.isSafeInteger(value) ? value : Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  const text = size >= 1e7 || (size < 1e-3 && size > 0) ? shortExponent(rounded) : String(rounded);
  return text.replace('-', '−');
}

function shortExponent(value: number): string {
  return Number(value.toPrecision(3)).toExponential().replace('e+', 'e');
}
