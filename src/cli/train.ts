/** `wgflow train`. */
import { train } from './trainingLoop.ts';
import type { TrainingOutcome } from './trainingLoop.ts';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { isStream, isToy } from '../training/options.ts';
import { FIT_DEFAULTS } from '../training/settingTable.ts';
import type { FitOptions } from '../training/options.ts';
import { Flow } from '../flow/flow.ts';
import { settingsOf } from '../training/settings.ts';
import type { ToyDensity } from '../data/toy.ts';
import { readImages } from '../data/images/readImages.ts';
import { sourceName } from '../data/sourceFile.ts';
import { domainsOf } from '../spec/offset.ts';
import { ShapeError } from '../errors.ts';
import type { ContextColumn } from '../model/context.ts';
import type { ImageShape } from '../model/image.ts';
import { limitsFor } from '../flow/limits.ts';
import type { Precision } from '../plan/precision.ts';
import { STREAMS } from '../random.ts';
import { checkedSpec } from '../spec/schema.ts';
import { baseOf } from '../bases/index.ts';
import { meanNll } from '../data/statistics.ts';
import { checkpointsIn, DEFAULT_CHECKPOINT_SECONDS, previousFile } from './checkpoints.ts';
import type { Checkpoints } from './checkpoints.ts';
import { asCommaList, listedNames } from './commaList.ts';
import { columnNamesOf, contextColumns } from './contextInput.ts';
import { checkDataOptions } from './dataOptions.ts';
import { typesOfColumns } from './domains.ts';
import { readOnly, tellPlan } from './dryRun.ts';
import { freshFlow } from './freshFlow.ts';
import { imageSet } from './images/imageSet.ts';
import { readCheckpoint, readModel } from './modelInput.ts';
import type { CheckpointFile, ModelFile } from './modelInput.ts';
import { openOutput, openOutputFolder } from './outputFile.ts';
import type { Output, OutputFolder } from './outputFile.ts';
import { readingProgress } from './progress.ts';
import { adapterName } from './session.ts';
import type { Session } from './session.ts';
import { tableForm } from './tableOptions.ts';
import { withUnsound } from './rowResults.ts';
import {
  checkTrainOptions,
  DEFAULT_MODEL_FILE,
  fitOptionsOf,
  IMAGE_REPORT_FILES,
  noiseOf,
  REPORT_FILES,
  requireNets,
  requireSameData,
  seedOf,
} from './trainOptions.ts';
import type { TrainOptions } from './trainOptions.ts';
import { readTrainingSet, rowCount } from './trainingSet.ts';
import type { TrainingSet } from './trainingSet.ts';
import { summarise, tellRows } from './trainWords.ts';

/** Fresh points for the final NLL of a toy set; its standard error is about 0.003 nats. */
const TEST_POINTS = 131_072;

/** Cells that are read at once: few, as the memory is for the rows. */
const CHUNK_CELLS = 2 ** 16;

export async function trainCommand(
  session: Session,
  dataFile: string | undefined,
  options: TrainOptions,
): Promise<void> {
  const modelFile = options.out ?? (options.report === undefined ? DEFAULT_MODEL_FILE : undefined);
  const { signal } = session;
  checkTrainOptions(dataFile, { ...options, out: modelFile });
  session.requireFile('--out', modelFile);
  session.logTo(options.log);
  const resumed = options.resume === undefined ? undefined : await readCheckpoint(options.resume);
  if (resumed !== undefined) requireSameData(dataFile, options, resumed);
  const start = resumed ?? (options.from === undefined ? undefined : await readModel(options.from));
  const seed = seedOf(options, resumed);
  const set = await trainingSetOf(session, dataFile, options, { start, resumed });
  requireSameColumns(set, options, start);
  tellRows(session, set);
  const fresh = freshFlow(set, options, learnedRows(set));
  const usualSteps = fresh.settings.steps ?? FIT_DEFAULTS.steps;
  const fitOptions = fitOptionsOf(set, options, { resumed, start, usualSteps, signal });
  const spec = checkedSpec(start?.model.spec ?? fresh.spec);
  requireNets(spec, options);

  const output = modelFile === undefined ? undefined : await openOutput(modelFile);
  const names = set.image === undefined ? REPORT_FILES : IMAGE_REPORT_FILES;
  const folder = options.report === undefined ? undefined : await openOutputFolder(options.report, names);
  try {
    const { checkpoint, checkpointEvery = DEFAULT_CHECKPOINT_SECONDS } = options;
    if (checkpoint !== undefined) {
      for (const file of [checkpoint, previousFile(checkpoint)]) await (await openOutput(file)).discard();
    }
    if (options.dryRun !== true) await session.beginLog(resumed !== undefined);
    const tuning = options.dryRun === true ? readOnly(session.tuning) : session.tuning;
    const { device, report: adapter } = await session.open(limitsFor(spec));
    using flow =
      start === undefined
        ? await fresh.create({ ...tuning, device, seed })
        : await Flow.load(start.bytes, {
            ...tuning,
            precision: tuning.precision ?? (resumed && precisionOf(resumed)),
            device,
            fileName: start.file,
          });
    if (options.dryRun === true) {
      const settings = settingsOf(
        fitOptions,
        resumed?.model.optimizer,
        start === undefined ? fresh.settings : {},
      );
      const files = [modelFile, options.report, options.checkpoint, options.log];
      return await tellPlan(session, flow, set, { fitOptions, settings, files });
    }
    const known = flow.training;
    try {
      const outcome = await learn(session, flow, set, fitOptions, {
        seed,
        adapter: adapterName(adapter),
        output,
        folder,
        checkpoints:
          checkpoint === undefined
            ? undefined
            : checkpointsIn(
                session,
                checkpoint,
                checkpointEvery,
                checkpoint === options.resume ? resumed?.bytes : undefined,
              ),
      });
      const imageDim = set.image && flow.dim;
      summarise(session, outcome, { modelFile, asked: fitOptions.steps, imageDim, ...options });
    } catch (error) {
      if (flow.training !== known) await rescue(session, flow, output, modelFile, options.report);
      throw error;
    }
  } finally {
    await output?.discard();
    await folder?.discard();
  }
}

/** The rows or images to learn. @throws {DataError | ShapeError} when they are unsuitable for training */
async function trainingSetOf(
  session: Session,
  dataFile: string | undefined,
  options: TrainOptions,
  { start, resumed }: { start: ModelFile | undefined; resumed: CheckpointFile | undefined },
): Promise<TrainingSet> {
  const { signal } = session;
  const images = dataFile === undefined ? undefined : await readImages(dataFile);
  checkDataOptions(options, images !== undefined);
  const modelHeldOut = resumed && heldRowsOf(resumed);
  const modelContext = start && contextOfRun(start);
  if (images !== undefined && dataFile !== undefined) {
    const modelShape = start?.model.spec.image;
    const seed = seedOf(options, resumed);
    return imageSet(dataFile, images, { ...options, modelShape, modelContext, modelHeldOut, seed, signal });
  }
  return readTrainingSet(dataFile, {
    ...options,
    noise: noiseOf(options, resumed),
    modelHeldOut,
    modelTable: start?.model.training?.table,
    modelDomains: start && domainsOf(start.model.spec),
    modelColumns: start?.model.training?.columns,
    modelContext,
    typesFor: (columns) => typesOfColumns(options, columns),
    missing: options.missing ?? 'model',
    form: { ...tableForm(session, options), chunkCells: CHUNK_CELLS },
    reading: readingProgress(session, path.basename(sourceName(dataFile ?? ''))),
    signal,
  });
}

/** Trains the flow and writes the outputs, the model first. */
async function learn(
  session: Session,
  flow: Flow,
  set: TrainingSet,
  fitOptions: FitOptions & { steps: number },
  {
    seed,
    adapter,
    output,
    folder,
    checkpoints,
  }: {
    seed: number;
    adapter: string;
    output: Output | undefined;
    folder: OutputFolder | undefined;
    checkpoints: Checkpoints | undefined;
  },
): Promise<TrainingOutcome> {
  const { signal } = session;
  const history = await train(session, flow, set, fitOptions, checkpoints);
  const bytes = await flow.save();
  await output?.write(bytes);
  await output?.commit();
  await checkpoints?.keep(flow);
  const { toy, context } = set;
  const outcome: TrainingOutcome = {
    ...history,
    ...(flow.training?.validation === undefined ? {} : { validation: flow.training.validation }),
    ...(flow.training?.heldOut === undefined ? {} : { heldOut: flow.training.heldOut }),
    ...(await rowsWithoutDensity(flow, set, signal)),
    ...(toy === undefined
      ? {}
      : {
          testNll: await toyTestNll(flow, toy, { seed, signal }),
          floor: context === undefined ? toy.entropy : toy.classEntropy,
        }),
    ...(context === undefined ? {} : { context: columnNamesOf(context.columns) }),
    adapter,
  };
  if (folder !== undefined) {
    // The chart packages take a while to load.
    const { filesOfReport } = await import('./trainReport.ts');
    const files = await filesOfReport(flow, set, outcome, { fitOptions, seed, signal });
    for (const [name, content] of Object.entries({ [DEFAULT_MODEL_FILE]: bytes, ...files })) {
      await folder.write(name, content);
    }
  }
  signal.throwIfAborted();
  await folder?.commit();
  return outcome;
}

/** Rows of the table with log-density −∞: a flow with a uniform base maps them outside its box. */
async function rowsWithoutDensity(
  flow: Flow,
  { data, widths, context }: TrainingSet,
  signal: AbortSignal,
): Promise<Pick<TrainingOutcome, 'withoutDensity'>> {
  if (baseOf(flow.spec.base).isBounded !== true || isToy(data)) return {};
  const blocks = isStream(data) ? data.blocks() : [{ data, widths, context: context?.data }];
  let [withoutDensity, firstRow] = [0, 0];
  for await (const { data: rows, ...parts } of blocks) {
    const { widths: own, context: given } = parts;
    const logProb = await flow.logProb(rows, { context: given, widths: own, firstRow, signal });
    withoutDensity += logProb.filter((value) => value === -Infinity).length;
    firstRow += logProb.length;
  }
  return { withoutDensity };
}

/** Writes the best model so far of a run that ended early, unless it is already written. */
async function rescue(
  session: Session,
  flow: Flow,
  opened: Output | undefined,
  modelFile: string | undefined,
  report: string | undefined,
): Promise<void> {
  const { training } = flow;
  if (training === undefined || opened?.isEnded === true) return;
  const file = modelFile ?? path.join(report ?? '', DEFAULT_MODEL_FILE);
  try {
    const bytes = await flow.save();
    if (opened === undefined) await mkdir(path.dirname(file), { recursive: true });
    const output = opened ?? (await openOutput(file));
    await output.write(bytes);
    await output.commit();
  } catch (error) {
    session.say(
      `Warning: the model could not be written: ${error instanceof Error ? error.message : String(error)}`,
    );
    return;
  }
  const { bestValidationNll: nll, validation, steps } = training;
  const what =
    nll === undefined
      ? `step ${steps}`
      : `step ${validation?.bestStep ?? steps}, validation NLL ${nll.toFixed(4)}`;
  session.say(`Wrote ${file}, the best model so far (${what})`);
  session.emit({ event: 'model', file });
}

/** A resumed run keeps its precision, unless --precision names another. */
function precisionOf({ model }: CheckpointFile): Precision {
  return model.optimizer.variants?.['precision'] === 'f16' ? 'f16' : 'f32';
}

/** @throws {ShapeError} when the rows have other columns than the model that training starts from, or in another order */
function requireSameColumns(
  { columns, image }: TrainingSet,
  { columns: asked }: TrainOptions,
  start: ModelFile | undefined,
): void {
  if (start === undefined) return;
  const { spec, training } = start.model;
  if (image?.join() !== spec.image?.join()) {
    const words = (shape: ImageShape | undefined): string =>
      shape ? `images of ${shape.join(' × ')}` : 'a table';
    throw new ShapeError('the data to learn', words(image), `${words(spec.image)}, as in ${start.file}`);
  }
  const known = training?.columns ?? [];
  const isOther = asked !== undefined && known.length > 0 && asCommaList(asked) !== asCommaList(known);
  if (spec.dim === columns.length && !isOther) return;
  const names = known.length > 0 ? ` (${listedNames(known)})` : '';
  throw new ShapeError(
    'the columns to learn',
    `${columns.length} (${listedNames(columns)})`,
    `${spec.dim}${names}, as in ${start.file}`,
    'Give a table with the columns that the model was trained on.',
  );
}

/** Rows of the table that are not held out; infinite for a toy density. */
function learnedRows(set: TrainingSet): number {
  return rowCount(set) - (set.heldOut?.rows ?? 0);
}

/** Rows that the resumed run held out; 0 if it had no scores, or scored a file. */
function heldRowsOf({ model }: CheckpointFile): number {
  const { heldOut } = model.optimizer.settings;
  return typeof heldOut === 'number' ? heldOut : 0;
}

/** The context columns of the model that training starts from; undefined if it has none. */
function contextOfRun(start: ModelFile): readonly ContextColumn[] | undefined {
  const columns = contextColumns(start);
  return columns.length === 0 ? undefined : columns;
}

async function toyTestNll(
  flow: Flow,
  toy: ToyDensity,
  { seed, signal }: { seed: number; signal: AbortSignal },
): Promise<number> {
  const place = [seed, STREAMS.toyTest, 0, TEST_POINTS] as const;
  const context = flow.spec.contextDim === 0 ? undefined : toy.sampleClasses(...place);
  return meanNll(await withUnsound(flow.logProb(toy.sample(...place), { context, signal })));
}
