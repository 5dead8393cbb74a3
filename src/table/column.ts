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

/** A value of a column that is an interval of each of its features. */
export interface DiscreteValue {
  /** Its cell's text; undefined for all values that training did not see. */
  text: string | undefined;
  /** If it is a number. */
  number?: number;
  cells: readonly Cell[];
}

/** The numbers of a column, which are its last feature. */
export interface NumberValues {
  /** 1 if the number n stands for [n, n + 1), 0 for real numbers. */
  step: 0 | 1;
  /** What the feature before it has in rows with a number, if there is one. */
  companion?: Cell;
}

/** What a cell of a column can be: one of these values, or a number. */
export interface ColumnValues {
  discrete: readonly DiscreteValue[];
  numbers?: NumberValues;
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
  values: ColumnValues;
  /** What `encode` takes, for messages. */
  expected: string;
}
