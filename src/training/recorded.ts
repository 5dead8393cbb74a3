/** Checks, before a run, what its record in the model file will hold. */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { roomOf, tableSchema } from '../table/columns.ts';
import type { TableColumn } from '../table/columns.ts';

/** @throws {ShapeError} when a model file could not hold the columns, or they are not those of the features */
export function requireRecordable(table: readonly TableColumn[] | undefined, { dim }: FlowSpec): void {
  if (table === undefined) return;
  const [issue] = v.safeParse(tableSchema, table).issues ?? [];
  if (issue !== undefined) {
    const place = v.getDotPath(issue);
    const where = place === null ? '' : ` (${place})`;
    throw new ShapeError(`fit option table${where}`, issue.received, issue.expected ?? issue.message);
  }
  const features = table.reduce((sum, column) => sum + roomOf(column).features(column).length, 0);
  if (features === dim) return;
  throw new ShapeError('fit option table', `columns of ${features} features`, `${dim}, as spec.dim`);
}
