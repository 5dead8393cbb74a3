/**
 * `wgflow/bench`: checks every kernel and whole plans against their f64 twins, times them, and compares them
 * with the adapter's peak. `wgflow bench` is a front end for it; a page can use it too.
 * @module wgflow/bench
 */
export { BATCHES, bestRate, fullText } from './batches.ts';
export type { BatchStep, BatchSweep } from './batches.ts';
export { LAUNCH_HEAD, launchNote, launchRows } from './launchTable.ts';
export { bench } from './bench.ts';
export type { BenchEvent, BenchOptions, KernelFacts } from './bench.ts';
export { choiceText } from './choices.ts';
export type { VariantsFor } from './choices.ts';
export { compareRuns } from './compare.ts';
export type { BenchComparison, Change } from './compare.ts';
export { CONFIG_NAMES, configModel } from './configs.ts';
export type { BenchModel, ConfigName } from './configs.ts';
export { entryTitle, parseBenchDocument, precisionText } from './document.ts';
export type { BenchDocument, BenchEntry, Choice } from './document.ts';
export { amount, duration, milliseconds, percent, planName, rate, spread } from './format.ts';
export { subgroupSizeOf } from './launches.ts';
export type { LaunchKind, SubgroupSize } from './launches.ts';
export { KERNEL_STEMS } from './jobs.ts';
export type { BenchScope } from './sources.ts';
export type { TileSizes } from '../kernels/dense/tiles.ts';
export type { Clock } from '../gpu/timing.ts';
export type { PeakMeasurement, Peaks } from './peaks.ts';
export { boundOf, intensityOf, ratesOf, ridgeOf, roofAt } from './roofline.ts';
export type { Peak, Rates, Work } from './roofline.ts';
export type { TimeSummary } from './statistics.ts';
export { multiplyWeights, passFlops, trainingFlops } from './usefulFlops.ts';
