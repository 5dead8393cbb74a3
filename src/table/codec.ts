/** Encodes rows of text as cells of a flow's features, and features as text. */
import type { Rows } from '../calls/callerArrays.ts';
import type { Cells } from '../data/cells.ts';
import { DataError } from '../errors.ts';
import type { ColumnCodec, Feature } from './column.ts';
import { roomOf } from './columns.ts';
import type { TableColumn } from './columns.ts';
import { plainCell } from './forms.ts';

/** The place of rows, for messages. */
export interface RowsOf {
  file?: string;
  /** The line of each row; by default 1, 2, … */
  lines?: readonly number[];
}

/** A column, and the features that it has among those of the flow. */
export interface Part {
  column: TableColumn;
  codec: ColumnCodec;
  /** The index of its first feature. */
  first: number;
  features: Feature[];
}

export class TableCodec {
  readonly columns: readonly TableColumn[];
  readonly features: readonly Feature[];
  readonly parts: readonly Part[];
  /** Cells that no training row had, by column. */
  readonly #news = new Map<string, Map<string, number>>();

  constructor(columns: readonly TableColumn[]) {
    this.columns = columns;
    let first = 0;
    this.parts = columns.map((column) => {
      const features = roomOf(column).features(column);
      const part = { column, codec: roomOf(column).codec(column), first, features };
      first += features.length;
      return part;
    });
    this.features = this.parts.flatMap(({ features }) => features);
  }

  /** Number of features D. */
  get dim(): number {
    return this.features.length;
  }

  /** Names of the columns that have features. */
  get learned(): string[] {
    return this.parts.flatMap(({ column, features }) => (features.length > 0 ? [column.name] : []));
  }

  /** The features as pictures prefer them: numbers of every row, numbers of some rows, the others. */
  get shown(): number[] {
    const rank = ({ column }: Part): number =>
      column.type !== 'number' ? 2 : column.atoms === undefined ? 0 : 1;
    const parts = this.parts.filter(({ features }) => features.length > 0);
    return parts.sort((a, b) => rank(a) - rank(b)).map(({ first, features }) => first + features.length - 1);
  }

  /**
   * The cells of rows of text, [B, D], one text per column of the table.
   * @throws {DataError} naming line and column of a cell that its column cannot hold
   */
  encode(rows: readonly (readonly string[])[], { file, lines }: RowsOf = {}): Cells {
    const values = new Float64Array(rows.length * this.dim);
    const widths = new Float32Array(rows.length * this.dim);
    rows.forEach((row, index) => {
      this.parts.forEach(({ column, codec, first }, place) => {
        const text = plainCell(row[place] ?? '');
        const found = codec.encode(text);
        if (found === undefined) {
          const where = {
            ...(file === undefined ? {} : { file }),
            row: lines?.[index] ?? index + 1,
            column: column.name,
          };
          throw unfit(row[place] ?? '', codec.expected, where);
        }
        if (found.isNew === true) this.#note(column.name, text);
        found.cells.forEach(({ value, width }, j) => {
          values[index * this.dim + first + j] = value;
          widths[index * this.dim + first + j] = width;
        });
      });
    });
    return { values, widths };
  }

  /** Rows [B, D] of features as text, one text per column of the table. */
  decode(values: Rows): string[][] {
    return this.#texts(values, ({ codec }, features, numberOf) => codec.decode(features, numberOf));
  }

  /** Rows of cells as text: a point within a cell has its text. @param widths [B, D]; without them all are numbers */
  decodeCells(values: Rows, widths: Float32Array = new Float32Array()): string[][] {
    return this.decode(Float64Array.from(values, (value, i) => value + Math.max(widths[i] ?? 0, 0) / 2));
  }

  /** Rows drawn from the flow as text, like `decode`. A count stays within the range of the training rows. */
  decodeDrawn(values: Rows): string[][] {
    return this.#texts(values, ({ codec }, features, numberOf) =>
      codec.decode(codec.nearest?.(features) ?? features, numberOf),
    );
  }

  /** Cells that no training row had, so far: a line for each column. */
  news(): string[] {
    return [...this.#news].map(([name, texts]) => {
      const shown = [...texts.keys()].slice(0, 3).map((text) => JSON.stringify(text));
      const rows = [...texts.values()].reduce((sum, count) => sum + count, 0);
      const more = texts.size > shown.length ? ', …' : '';
      return `${name}: ${rows.toLocaleString('en')} ${rows === 1 ? 'row has' : 'rows have'} values that no training row had (${shown.join(', ')}${more})`;
    });
  }

  #texts(
    values: Rows,
    textOf: (part: Part, features: readonly number[], numberOf: (name: string) => number) => string,
  ): string[][] {
    const { dim } = this;
    return Array.from({ length: values.length / dim }, (_, row) => {
      const text = (part: Part): string => {
        const at = row * dim + part.first;
        return textOf(part, [...values.subarray(at, at + part.features.length)], numberOf);
      };
      const numberOf = (name: string): number => {
        const part = this.parts.find(({ column }) => column.name === name);
        return part === undefined ? NaN : Number(text(part));
      };
      return this.parts.map(text);
    });
  }

  #note(column: string, text: string): void {
    const texts = this.#news.get(column) ?? new Map<string, number>();
    this.#news.set(column, texts);
    if (texts.has(text) || texts.size < 1000) texts.set(text, (texts.get(text) ?? 0) + 1);
  }
}

function unfit(
  cell: string,
  expected: string,
  where: { file?: string; row: number; column: string },
): DataError {
  const found =
    plainCell(cell) === ''
      ? `a blank cell${cell.trim() === '' ? '' : ` (${JSON.stringify(cell)})`}`
      : JSON.stringify(cell.slice(0, 40));
  return new DataError(
    `found ${found}, expected ${expected}`,
    where,
    plainCell(cell) === ''
      ? 'The model saw no blanks in this column. Fill the cell in, or remove the row.'
      : 'Correct the cell, or remove the row.',
  );
}
