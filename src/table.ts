/** Tables with columns of any kind: import from `wgflow/table`. */
export { Table } from './flow/table.ts';
export type { TableOptions, TableRow } from './flow/table.ts';
export type { TableColumn } from './table/columns.ts';
export type { ColumnKind } from './table/infer.ts';
