/** Tables with columns of any kind: import from `wgflow/table`. */
export { Table } from './flow/table.ts';
export type { TableOptions, TableRow } from './flow/table.ts';
export type { TableColumn } from './table/columns.ts';
export type { ColumnKind } from './table/infer.ts';
export { explain, impute, predict, sampleGiven } from './flow/questions.ts';
export type {
  AskOptions,
  Explanation,
  GivenSamples,
  ImputedRows,
  ImputeOptions,
  PredictOptions,
  SampleGivenOptions,
} from './flow/questions.ts';
export type { Prediction } from './conditionals/predict.ts';
