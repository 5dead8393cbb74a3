/**
 * What the pages in `demo/` need and no published entry exports: parts that users of the library do not call. The pages
 * import the rest from the entries, so this list is all that ties them to the inside.
 */
/** Rows of a file: the reader of tables in the page has the rules and the messages of the command line. */
export {
  badCell,
  delimiterOf,
  isHeader,
  layOut,
  NUMBER,
  raggedRow,
  requireParted,
  textCell,
} from './data/csvLayout.ts';
/** Rows to score with, and the Gaussian that a model must beat. */
export { gaussianLogProb, gaussianOf, momentsOf, readerOf } from './data/gaussian.ts';
export { heldRows, holdOut } from './data/holdOut.ts';
export type { ContextRows } from './data/holdOut.ts';
export { columnStatistics } from './data/statistics.ts';
export type { ColumnStatistics } from './data/statistics.ts';
/** The random words of drawings, images and toy points. */
export { normalPair, philox, splitSeed, STREAMS, uniformOf } from './random.ts';
/** How a flow maps data to what its passes see: the pictures draw both. */
export { fromDomain, isInside, requireInside } from './model/domain.ts';
export { domainsOf, offsetOf } from './spec/offset.ts';
/** The layout of rows and parameters on the GPU. */
export { columnsOf } from './gpu/rows.ts';
export { paddedRows } from './plan/shape.ts';
export { paramLayout } from './spec/layout.ts';
/** The device of a worker, its peak, and the kernels that can be chosen for it. */
export { requestNavigatorDevice } from './gpu/device.ts';
export { Gpu } from './gpu/gpu.ts';
export { Stopwatch } from './gpu/timing.ts';
export { measureFmaPeak } from './measure/peaks.ts';
export { Tuner } from './flow/tuning.ts';
export { variantsSchema } from './passes/candidates.ts';
export { fixedVariants } from './plan/variants.ts';
/** The table of training settings: the page checks and reads its own by it. */
export { SETTINGS } from './training/options.ts';
