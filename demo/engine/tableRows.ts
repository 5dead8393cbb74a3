/** The rows of the visitor's table for questions to the model. */
import { ShapeError } from '../../src/index.ts';
import type { ContextRows } from '../../src/index.ts';
import type { TableCodec } from '../../src/page/index.ts';
import { plainTable } from '../../src/page/questions.ts';
import type { DataSet } from './dataSet.ts';

/** The columns of the table that the flow learns. */
export function codecOf({ cells, columns, domains }: DataSet): TableCodec {
  return cells?.codec ?? plainTable(columns, domains);
}

/** @throws {ShapeError} if the model learned no table */
export function tableOf({ table }: DataSet): ContextRows {
  if (table === undefined) throw new ShapeError('data', 'points of a toy density', 'a table');
  return table;
}

/** The options of a question about these rows. */
export function optionsOf({ widths, context }: ContextRows): Pick<ContextRows, 'widths' | 'context'> {
  return { ...(widths && { widths }), ...(context && { context }) };
}
