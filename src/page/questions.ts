/** Parts of `wgflow/table` and below it that the playground loads with the first question of a table. */
export { oddestOf } from '../conditionals/explain.ts';
export { expectedText, predictedCells } from '../conditionals/predicted.ts';
export { chosenRows } from '../data/holdOut.ts';
export { leastPlaces } from '../data/leastPlaces.ts';
export { explain, predict, QUANTILES } from '../flow/questions.ts';
export { plainTable } from '../table/plainTable.ts';
