/** The interface of a column type. */
import type { GenericSchema } from 'valibot';
import type { Domain } from '../model/domain.ts';
import type { Cell } from './intervals.ts';

/** A feature of the flow that stands for a column, or for a part of it. */
export interface Feature {
  name: string;
  domain: Domain;
}

/** A column of a model file: each type has further fields. */
export interface ColumnOf {
  type: string;
  name: string;
}

/** The encoding of a cell: one `Cell` per feature of its column. */
export interface Encoded {
  cells: Cell[];
  /** Whether the training rows had no such value. */
  isNew?: boolean;
}

export interface ColumnRoom<Column extends ColumnOf = ColumnOf> {
  schema: GenericSchema<unknown, Column>;
  /** The features in words, such as `integer, 0 to 12`. */
  words: (column: Column) => string;
  features: (column: Column) => Feature[];
  /**
   * Prepares the column, so that each cell is fast.
   * `encode` returns undefined for a cell that the column cannot hold; its text is as `plainCell` makes it.
   */
  codec: (column: Column) => ColumnCodec;
}

export interface ColumnCodec {
  encode: (cell: string) => Encoded | undefined;
  /** The text of the cell with these features. `numberOf` gives another column's number in this row. */
  decode: (features: readonly number[], numberOf: (name: string) => number) => string;
  /** The nearest features whose cell some training row could have had; undefined if all are such. */
  nearest?: (features: readonly number[]) => readonly number[];
  /** What `encode` takes, for messages. */
  expected: string;
}
