/**
 * Parts that the pages in `demo/` need and no published entry exports. The pages import the rest from the
 * entries, so this list is their only tie to the internals.
 */
/** Rows of a file: the page reads tables with the same rules and messages as the command line. */
export { beginningOf, linesOf } from '../data/beginning.ts';
export { csvMistake, isComment } from '../data/csvMistake.ts';
export { RecordLines } from '../data/recordLines.ts';
export { splitLine, WHITESPACE } from '../data/delimiter.ts';
export { fileKind, KIND_BYTES } from '../data/fileKinds.ts';
export { isJson, jsonTable } from '../data/jsonCells.ts';
export { tableOfArray } from '../data/arrays/arrayRecords.ts';
export { parquetRecords } from '../data/parquetRecords.ts';
export { RowCollector } from '../data/rowCollector.ts';
export { wholeText } from '../data/wholeText.ts';
export type { ReaderContext, RecordBatch, SourceColumns, TableNotice } from '../data/records.ts';
/** Columns of every kind, and their cells. */
export { drawCells, logMassOf, repeated } from '../data/cells.ts';
export { TableCodec } from '../table/codec.ts';
export type { TableColumn } from '../table/columns.ts';
export { plainCell } from '../table/forms.ts';
export { plainNumbers, planTable } from '../table/plan.ts';
export { TableProfile } from '../table/profile.ts';
/** Rows to score with, and the Gaussian that a model must beat. */
export { gaussianLogProb, gaussianOf, momentsOf, readerOf } from '../data/gaussian.ts';
export { heldRows, holdOut } from '../data/holdOut.ts';
export { columnStatistics } from '../data/statistics.ts';
export type { ColumnStatistics } from '../data/statistics.ts';
/** The ways between images. */
export { rowsBetween } from '../data/images/between.ts';
/** The random words of drawings, images and toy points. */
export { normalPair, philox, splitSeed, STREAMS, uniformOf } from '../random.ts';
/** The map from the data to the values that the passes see: the pictures draw both. */
export { fromDomain, isInside, requireInside } from '../model/domain.ts';
export { domainsOf, offsetOf } from '../spec/offset.ts';
/** The layout of rows and parameters on the GPU, and the parameters of a fresh flow. */
export { columnsOf } from '../gpu/rows.ts';
export { paddedRows } from '../plan/shape.ts';
export { initialParameters } from '../spec/init.ts';
export { paramLayout } from '../spec/layout.ts';
/** The device of a worker, its peak, and the kernels to choose from. */
export { requestNavigatorDevice } from '../gpu/device.ts';
export { Gpu } from '../gpu/gpu.ts';
export { Stopwatch } from '../gpu/timing.ts';
export { measureFmaPeak } from '../measure/peaks.ts';
export { timeBatches } from '../measure/timeBatches.ts';
export { FULL_SHARE, fullAt, stepNear } from '../measure/batches.ts';
export type { Filling } from '../measure/batches.ts';
export { Tuner } from '../flow/tuning.ts';
export { variantsSchema } from '../passes/candidates.ts';
export { fixedVariants } from '../plan/variants.ts';
/** The table of training settings: the page checks and reads its settings with it. */
export { SETTINGS } from '../training/settingTable.ts';
