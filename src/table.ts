/**
 * Tables with columns of any kind: import from `wgflow/table`.
 * @module wgflow/table
 */
export { Table } from './flow/table.ts';
export type { ExplainedRow, SampledGiven, SampledRow, TableOptions, TableRow } from './flow/table.ts';
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
export type { PredictedCell } from './conditionals/predicted.ts';
export type { Prediction } from './conditionals/predict.ts';
export { pValueOf, thresholdOf, typicality } from './data/heldOut.ts';
export type { HeldOut } from './data/heldOut.ts';
