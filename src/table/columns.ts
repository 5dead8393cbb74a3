/** The column types by name. To add one, add its record and its lines here. */
import * as v from 'valibot';
import { categoryRoom } from './category.ts';
import type { CategoryColumn } from './category.ts';
import type { ColumnRoom } from './column.ts';
import { countRoom } from './count.ts';
import type { CountColumn } from './count.ts';
import { constantRoom, linearRoom } from './fixed.ts';
import type { ConstantColumn, LinearColumn } from './fixed.ts';
import { numberRoom } from './number.ts';
import type { NumberColumn } from './number.ts';

const ROOMS = {
  number: numberRoom,
  count: countRoom,
  category: categoryRoom,
  constant: constantRoom,
  linear: linearRoom,
};

/** A column of a table, as a model file describes it. */
export type TableColumn = NumberColumn | CountColumn | CategoryColumn | ConstantColumn | LinearColumn;

export function roomOf(column: TableColumn): ColumnRoom<TableColumn> {
  return ROOMS[column.type] as unknown as ColumnRoom<TableColumn>;
}

/** The columns of a table in a model file, in the order of the table. */
export const tableSchema = v.pipe(
  v.array(v.union(Object.values(ROOMS).map(({ schema }) => schema as v.GenericSchema<unknown, TableColumn>))),
  v.check((columns) => new Set(columns.map(({ name }) => name)).size === columns.length, 'names that differ'),
);
