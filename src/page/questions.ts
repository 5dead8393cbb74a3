/** Parts of `wgflow/table` and below it that the playground loads with the first question of a table. */
export { oddestOf, ownPlaces } from '../conditionals/explain.ts';
export { expectedText, predictedCells, predictedColumns } from '../conditionals/predicted.ts';
export { chosenRows } from '../data/holdOut.ts';
export { leastPlaces } from '../data/leastPlaces.ts';
export { explain, impute, predict, QUANTILES, sampleGiven } from '../flow/questions.ts';
export type { Prediction } from '../conditionals/predict.ts';
export { isBlank, knownRow } from '../table/known.ts';
export { plainTable } from '../table/plainTable.ts';
