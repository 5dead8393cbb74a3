/** Tables with columns of any kind: import from `wgflow/table`. */
export { Table } from './flow/table.ts';
export type { TableOptions, TableRow } from './flow/table.ts';
export type { TableColumn } from './table/columns.ts';
export type { ColumnKind } from './table/infer.ts';
export { pValueOf, thresholdOf, typicality } from './data/heldOut.ts';
export type { HeldOut } from './data/heldOut.ts';
